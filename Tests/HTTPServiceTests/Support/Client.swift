import CurlHTTP
import Foundation
import Tenancy
import Testing

/// Speaks to one door. Whatever the operators' door replies is held against the contract.
struct Client: Sendable {
    let http: CurlClient
    let base: String
    var socket: String?
    var key: String?
    var contract: Contract?

    func with(key: String) -> Client {
        var client = self
        client.key = key
        return client
    }

    func get(_ path: String, at location: SourceLocation = #_sourceLocation) async throws -> Reply {
        try await send(.get, path, at: location)
    }

    func post(_ path: String, _ json: String, at location: SourceLocation = #_sourceLocation) async throws -> Reply {
        try await send(.post, path, [("Content-Type", "application/json")], body: Array(json.utf8), at: location)
    }

    func post(_ path: String, csv: String, at location: SourceLocation = #_sourceLocation) async throws -> Reply {
        try await send(.post, path, [("Content-Type", "text/csv")], body: Array(csv.utf8), at: location)
    }

    func send(
        _ method: CurlRequest.Method, _ path: String, _ headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil, at location: SourceLocation = #_sourceLocation
    ) async throws -> Reply {
        var headers = headers
        if let key { headers.append(("Authorization", "Bearer \(key)")) }
        let response = try await http.send(
            CurlRequest(
                method: method, url: base + path, headers: headers, body: body, timeout: .seconds(60),
                maxResponseBytes: 8 * 1_024 * 1_024, unixSocket: socket))
        let reply = Reply(response)
        if let contract {
            let violations = contract.violations(of: reply, to: method.rawValue, path)
            #expect(violations.isEmpty, "\(method.rawValue) \(path)", sourceLocation: location)
        }
        return reply
    }
}

/// What a door replied.
struct Reply: Sendable {
    let status: Int
    let text: String
    private let response: CurlResponse

    init(_ response: CurlResponse) {
        self.response = response
        status = response.status
        text = String(decoding: response.body, as: UTF8.self)
    }

    var bytes: [UInt8] { response.body }

    /// The body as JSON; `null` when it is none.
    var json: JSONValue {
        (try? JSONDecoder().decode(JSONValue.self, from: Data(response.body))) ?? .null
    }

    /// The code of the problem that came; `nil` when none did.
    var code: String? { json["code"].string }

    func header(_ name: String) -> String? { response.header(name) }
}

extension JSONValue {
    /// The member; `null` when there is none.
    subscript(name: String) -> JSONValue {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    subscript(index: Int) -> JSONValue { elements.indices.contains(index) ? elements[index] : .null }

    var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    var members: [String: JSONValue] {
        if case .object(let members) = self { members } else { [:] }
    }

    var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number, when it is a whole one.
    var int: Int? {
        guard case .number(let number) = self else { return nil }
        return Int("\(number)")
    }

    var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }
}
