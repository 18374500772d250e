import CurlHTTP
import FoundationEssentials
import Tenancy

/// One request to Graph.
struct DirectoryCall {
    /// The rest of a sentence that begins with "The directory would not".
    let operation: String
    let method: CurlRequest.Method
    /// Below the version root, with its query.
    let path: String
    let body: [String: JSONValue]?
    let headers: [(name: String, value: String)]

    init(
        _ operation: String, _ method: CurlRequest.Method, _ path: String, body: [String: JSONValue]? = nil,
        headers: [(name: String, value: String)] = []
    ) {
        self.operation = operation
        self.method = method
        self.path = path
        self.body = body
        self.headers = headers
    }
}

/// How requests are sent and refusals read.
extension GraphDirectory {
    func root(_ session: DirectorySession, _ operation: String) throws(DirectoryError) -> String {
        guard let root = table[session.cloud]?.graph else { throw DirectoryError(operation, .cloudNotConfigured) }
        return root + "/v1.0"
    }

    /// The reply's JSON; `null` when it has no body.
    @discardableResult
    func send(_ call: DirectoryCall, _ session: DirectorySession) async throws(DirectoryError) -> JSONValue {
        try await send(call, url: try root(session, call.operation) + call.path, session)
    }

    private func send(_ call: DirectoryCall, url: String, _ session: DirectorySession) async throws(DirectoryError)
        -> JSONValue
    {
        var headers = [
            (name: "Authorization", value: "Bearer \(session.token.exposed)"),
            (name: "Accept", value: "application/json"),
            (name: "client-request-id", value: randomness.guid().uuidString.lowercased()),
        ]
        var body: [UInt8]?
        if let members = call.body {
            headers.append((name: "Content-Type", value: "application/json"))
            guard let json = try? JSONEncoder().encode(members) else {
                throw DirectoryError(call.operation, .unreadable)
            }
            body = Array(json)
        }
        let response: CurlResponse
        do throws(CurlError) {
            response = try await transport.send(
                CurlRequest(
                    method: call.method, url: url, headers: headers + call.headers, body: body,
                    timeout: .seconds(30), maxResponseBytes: Self.largestReply))
        } catch {
            throw DirectoryError(call.operation, .unavailable(error.clause))
        }
        guard (200..<300).contains(response.status) else { throw DirectoryError(call.operation, refusal: response) }
        guard !response.body.isEmpty else { return .null }
        guard let json = try? JSONDecoder().decode(JSONValue.self, from: Data(response.body)) else {
            throw DirectoryError(call.operation, .unreadable)
        }
        return json
    }

    /// The object, or `nil` when it is not there.
    func found(_ call: DirectoryCall, _ session: DirectorySession) async throws(DirectoryError) -> JSONValue? {
        do {
            return try await send(call, session)
        } catch {
            guard error.reason == .missing else { throw error }
            return nil
        }
    }

    /// Every element of a collection, page after page.
    func list(_ call: DirectoryCall, _ session: DirectorySession) async throws(DirectoryError) -> [JSONValue] {
        let root = try root(session, call.operation)
        var elements: [JSONValue] = []
        var next: String? = root + call.path
        while let url = next {
            // The token goes to Graph's own host or nowhere.
            guard url.hasPrefix(root + "/") else { throw DirectoryError(call.operation, .unreadable) }
            let page = try await send(call, url: url, session)
            guard case .array(let values) = page.member("value") else {
                throw DirectoryError(call.operation, .unreadable)
            }
            elements += values
            if case .string(let link) = page.member("@odata.nextLink") { next = link } else { next = nil }
        }
        return elements
    }
}

extension DirectoryError {
    private struct Body: Decodable {
        struct Inner: Decodable {
            struct Detail: Decodable {
                let code: String?
            }
            let code: String?
            let message: String?
            let details: [Detail]?
        }
        let error: Inner?
    }

    /// Reads an error reply of Graph: the status, then its codes.
    init(_ operation: String = "", refusal response: CurlResponse) {
        let body = try? JSONDecoder().decode(Body.self, from: Data(response.body))
        let codes = ([body?.error?.code] + (body?.error?.details ?? []).map(\.code)).compactMap { $0 }
        let code = Self.clean(codes.first ?? "no code", 80)
        let requestID = response.header("request-id").flatMap { GUID($0) }?.description
        let reason: Reason =
            switch response.status {
            case 401: .unauthorized
            case 403: .forbidden
            case 404: .missing
            case 400 where codes.contains("NoBackingApplicationObject"): .missing
            case 409: .exists
            case 429: .throttled(RetryAfter.seconds(in: response))
            case 500...: .unavailable("it answered with status \(response.status)")
            default: .refused(response.status, code)
            }
        self.init(operation, reason, message: Self.clean(body?.error?.message ?? "", 300), requestID: requestID)
    }

    /// Text from outside, as far as a terminal and a log can bear it.
    private static func clean(_ text: String, _ length: Int) -> String {
        String(text.filter { $0.utf8.allSatisfy { (0x20...0x7e).contains($0) } }.prefix(length))
    }
}
