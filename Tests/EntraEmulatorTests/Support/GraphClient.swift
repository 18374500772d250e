import EntraEmulator
import Foundation

/// Graph as the holder of one access token sees it.
struct GraphClient: Sendable {
    let wire: WireClient
    let token: String

    func get(_ path: String) async throws -> Reply {
        try await send("GET", path)
    }

    /// - Parameter path: after `/v1.0`, not yet percent-encoded.
    func send(
        _ method: String, _ path: String, _ body: [String: Any]? = nil, headers: [(String, String)] = []
    ) async throws -> Reply {
        let data = try body.map { try JSONSerialization.data(withJSONObject: $0) } ?? Data()
        return try await send(method, path, data: data, headers: headers)
    }

    func send(
        _ method: String, _ path: String, data: Data, headers: [(String, String)] = []
    ) async throws -> Reply {
        let encoded = path.addingPercentEncoding(withAllowedCharacters: .urlQueryAllowed) ?? path
        let reply = try await wire.send(
            method, "\(wire.addresses.graph)/v1.0\(encoded)",
            headers: [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")] + headers, body: data)
        guard let reply else { throw WireClient.NoAnswer() }
        return reply
    }
}

extension Reply {
    /// The objects of a listing.
    var values: [[String: Any]] { json["value"] as? [[String: Any]] ?? [] }

    /// The codes of `error.details`.
    var graphDetails: [String] {
        let error = json["error"] as? [String: Any]
        return (error?["details"] as? [[String: Any]] ?? []).compactMap { $0["code"] as? String }
    }

    var graphMessage: String { (json["error"] as? [String: Any])?["message"] as? String ?? "" }
}
