import FoundationEssentials

/// A refusal of the login authority.
struct AuthorityError: Error, Sendable {
    /// The number after `AADSTS`.
    let code: Int
    /// The OAuth error value.
    let error: String
    let status: Int
    /// The sentence after the number.
    let message: String
    var suberror: String?
    /// A JSON text, as the reply carries it inside a string.
    var claims: String?

    /// `AADSTSnnn: sentence`, then the lines that support asks for. The separators are CR LF, as recorded.
    func description(_ correlation: Correlation) -> String {
        "AADSTS\(code): \(message)\r\nTrace ID: \(correlation.traceID.text)\r\n"
            + "Correlation ID: \(correlation.correlationID.text)\r\n"
            + "Timestamp: \(Timestamps.authority(correlation.now))"
    }

    /// The error reply of token and discovery endpoints.
    func answer(_ correlation: Correlation, errorURI: String, cacheControl: String) -> Answer {
        let body = JSON.object([
            ("error", .string(error)),
            ("error_description", .string(description(correlation))),
            ("error_codes", .array([.integer(Int64(code))])),
            ("timestamp", .string(Timestamps.authority(correlation.now))),
            ("trace_id", .string(correlation.traceID.text)),
            ("correlation_id", .string(correlation.correlationID.text)),
            ("error_uri", .string("\(errorURI)?code=\(code)")),
            ("suberror", suberror.map { .string($0) }),
            ("claims", claims.map { .string($0) }),
        ])
        var headers = correlation.headers + [("Cache-Control", cacheControl)]
        if cacheControl.hasPrefix("no-store") { headers += [("Pragma", "no-cache"), ("Expires", "-1")] }
        var answer = Answer.json(status, body, headers: headers)
        answer.note.code = code
        return answer
    }
}
