/// A refusal of Microsoft Graph, in the shape OData prescribes.
struct GraphError: Error, Sendable {
    let status: Int
    let code: String
    let message: String
    var details: [(code: String, message: String)] = []

    func answer(_ correlation: Correlation) -> Answer {
        let list = details.map { JSON.object([("code", .string($0.code)), ("message", .string($0.message))]) }
        let error = JSON.object([
            ("code", .string(code)), ("message", .string(message)), ("details", list.isEmpty ? nil : .array(list)),
            (
                "innerError",
                [
                    "date": .string(Timestamps.graph(correlation.now)),
                    "request-id": .string(correlation.traceID.text),
                    "client-request-id": .string(correlation.correlationID.text),
                ]
            ),
        ])
        return .json(status, ["error": error])
    }

    static let emptyToken = invalidToken("Access token is empty.")
    static let throttled = GraphError(status: 429, code: "TooManyRequests", message: "Too many requests.")
    static let unavailable = GraphError(
        status: 503, code: "serviceNotAvailable", message: "The service is temporarily unavailable.")
    static let timedOut = GraphError(
        status: 504, code: "UnknownError", message: "The server, acting as a gateway, timed out.")
    static let denied = GraphError(
        status: 403, code: "Authorization_RequestDenied",
        message: "Insufficient privileges to complete the operation.")
    static let wrongMethod = GraphError(
        status: 405, code: "Request_BadRequest", message: "Specified HTTP method is not allowed for the request target."
    )

    static func invalidToken(_ message: String) -> GraphError {
        GraphError(status: 401, code: "InvalidAuthenticationToken", message: message)
    }

    static func noSegment(_ name: String) -> GraphError {
        GraphError(status: 400, code: "BadRequest", message: "Resource not found for the segment '\(name)'.")
    }

    static func noObject(_ name: String) -> GraphError {
        GraphError(
            status: 404, code: "Request_ResourceNotFound",
            message: "Resource '\(name)' does not exist or one of its queried reference-property objects are not "
                + "present.")
    }

    static let malformedBody = GraphError(
        status: 400, code: "BadRequest",
        message: "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of "
            + "valid JSON format.")

    static func badRequest(_ message: String, details: [(code: String, message: String)] = []) -> GraphError {
        GraphError(status: 400, code: "Request_BadRequest", message: message, details: details)
    }

    /// Something of that name or key is there already.
    static func duplicate(_ message: String) -> GraphError {
        GraphError(
            status: 409, code: "Request_MultipleObjectsWithSameKeyValue", message: message,
            details: [("ConflictingObjects", message)])
    }

    static func unsupportedQuery(_ message: String) -> GraphError {
        GraphError(status: 400, code: "Request_UnsupportedQuery", message: message)
    }
}
