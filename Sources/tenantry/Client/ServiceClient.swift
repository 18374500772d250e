import CurlHTTP
import FoundationEssentials
import Tenancy

/// Speaks the REST API for the commands.
struct ServiceClient: Sendable {
    private let client: CurlClient
    private let base: String
    private let socket: String?
    private let apiKey: Secret<String>?

    /// A service at a URL. Plain HTTP is refused except on this machine.
    init(server: String, apiKey: Secret<String>, caFile: String?) throws {
        client = try Self.client(caFile: caFile)
        base = server.hasSuffix("/") ? String(server.dropLast()) : server
        socket = nil
        self.apiKey = apiKey
    }

    /// A service behind a Unix socket of this machine.
    init(socket: String) throws {
        client = try Self.client(caFile: nil)
        base = "http://localhost"
        self.socket = socket
        apiKey = nil
    }

    private static func client(caFile: String?) throws -> CurlClient {
        do { return try CurlClient(CurlClient.Configuration(extraCAFile: caFile)) } catch {
            throw UsageError("\(error)", "Check --ca-file.")
        }
    }

    func get(_ path: String) async throws -> JSONValue { try await call(.get, path, nil) }

    /// What is at that path, as plain text.
    func text(_ path: String) async throws -> String {
        let response = try await answer(
            request(.get, path, [(name: "Accept", value: "text/plain")], timeout: .seconds(60)))
        return String(decoding: response.body, as: UTF8.self)
    }

    func post(_ path: String, _ body: [String: JSONValue]) async throws -> JSONValue {
        try await call(.post, path, ("application/json", Array(try JSONEncoder().encode(body))))
    }

    func patch(_ path: String, _ body: [String: JSONValue]) async throws -> JSONValue {
        try await call(.patch, path, ("application/json", Array(try JSONEncoder().encode(body))))
    }

    func post(_ path: String, csv: [UInt8]) async throws -> JSONValue {
        try await call(.post, path, ("text/csv", csv), timeout: .seconds(3_600))
    }

    /// Follows an operation to its end, telling each of its steps.
    ///
    /// - Returns: its result.
    /// - Throws: ``ServiceRefusal`` when it has failed.
    func follow(_ started: JSONValue) async throws -> JSONValue {
        var operation = started
        var told = 0
        while true {
            let lines = operation["progress"].rows
            for line in lines.dropFirst(told) { Terminal.say("tenantry: \(line.cell)") }
            told = lines.count
            switch operation["state"].string {
            case "succeeded": return operation["result"]
            case "failed":
                throw ServiceRefusal(status: operation["problem"]["status"].int ?? 500, problem: operation["problem"])
            default: break
            }
            try await Task.sleep(for: .milliseconds(200))
            operation = try await get("/v1/operations/\(operation["id"].cell.escaped)")
        }
    }

    func delete(_ path: String) async throws { _ = try await call(.delete, path, nil) }

    /// Every element of a list, page after page.
    func all(_ path: String) async throws -> JSONValue {
        var elements: [JSONValue] = []
        var cursor: String?
        repeat {
            let separator = path.contains("?") ? "&" : "?"
            let window = "limit=1000" + (cursor.map { "&cursor=\(PercentEncoding.encode($0))" } ?? "")
            let page = try await get(path + separator + window)
            elements += page["items"].rows
            cursor = page["next_cursor"].string
        } while cursor != nil
        return .array(elements)
    }

    /// - Parameter timeout: by default longer than the service waits for a directory that lags.
    private func call(
        _ method: CurlRequest.Method, _ path: String, _ body: (type: String, bytes: [UInt8])?,
        timeout: Duration = .seconds(180)
    ) async throws -> JSONValue {
        var headers = [(name: "Accept", value: "application/json")]
        if let body { headers.append((name: "Content-Type", value: body.type)) }
        let response = try await answer(request(method, path, headers, body: body?.bytes, timeout: timeout))
        guard let value = Self.json(response) else {
            throw ServiceUnreachable(reason: "It answered with something that is not JSON.")
        }
        return value
    }

    private func answer(_ request: CurlRequest) async throws -> CurlResponse {
        let response: CurlResponse
        do { response = try await send(request) } catch { throw ServiceUnreachable(reason: "\(error)") }
        try refuse(response)
        return response
    }

    /// A request to the service, with the API key if there is one.
    func request(
        _ method: CurlRequest.Method, _ path: String, _ headers: [(name: String, value: String)],
        body: [UInt8]? = nil, timeout: Duration
    ) -> CurlRequest {
        var headers = headers
        if let apiKey { headers.append((name: "Authorization", value: "Bearer \(apiKey.exposed)")) }
        return CurlRequest(
            method: method, url: base + path, headers: headers, body: body, timeout: timeout,
            maxResponseBytes: 64 * 1_024 * 1_024, unixSocket: socket)
    }

    func send(_ request: CurlRequest) async throws(CurlError) -> CurlResponse { try await client.send(request) }

    /// - Throws: ``ServiceRefusal`` for a status that is not 2xx.
    func refuse(_ response: CurlResponse) throws(ServiceRefusal) {
        guard !(200..<300).contains(response.status) else { return }
        throw ServiceRefusal(status: response.status, problem: Self.json(response))
    }

    private static func json(_ response: CurlResponse) -> JSONValue? {
        response.body.isEmpty ? .null : try? JSONDecoder().decode(JSONValue.self, from: Data(response.body))
    }
}

/// The service could not be spoken to.
struct ServiceUnreachable: ExplainedError {
    let reason: String

    var problem: Problem {
        Problem(
            .unavailable, code: "service_unreachable", detail: "The Tenantry service did not answer. \(reason)",
            nextStep: "Check that it runs and that the address is right.", isRetryable: true)
    }
}

/// The service refused; what its problem document says.
struct ServiceRefusal: Error {
    let status: Int
    let problem: JSONValue?

    /// The exit code that belongs to the status.
    var exitCode: Int32 {
        switch status {
        case 400, 413: 2
        case 404: 3
        case 401, 403: 4
        default: 1
        }
    }

    /// What happened and what to do, with the ids that a support case needs.
    var sentence: String {
        guard let problem, let detail = problem["detail"].string else {
            return "The service answered with status \(status)."
        }
        let ids = [("aadsts", "AADSTS"), ("correlation_id", "correlation id "), ("trace_id", "trace id ")]
            .compactMap { name, label in problem[name] == .null ? nil : label + problem[name].cell }
        let trail = ids.isEmpty ? "" : " [\(ids.joined(separator: ", "))]"
        return [detail, problem["next_step"].string ?? ""].joined(separator: " ") + trail
    }
}
