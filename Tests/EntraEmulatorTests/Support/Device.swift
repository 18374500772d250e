import EntraEmulator
import Foundation
import Testing

/// A device without a browser that signs somebody in.
struct Device: Sendable {
    /// Microsoft Graph Command Line Tools.
    static let client = "14d82eec-204b-4c2f-b7e8-296a70dab67e"

    let cloud: TestCloud
    let deviceCode: String
    let userCode: String

    /// Asks for a code with these fields changed; `nil` leaves one out.
    static func ask(
        _ cloud: TestCloud, tenant: String = Publisher.tenant, _ changes: [String: String?] = [:]
    ) async throws -> Reply {
        var fields: [String: String?] = ["client_id": client, "scope": "https://graph.microsoft.com/User.Read"]
        fields.merge(changes) { $1 }
        let form = fields.compactMap { name, value in value.map { (name, $0) } }
        return try await cloud.wire.post("\(cloud.login)/\(tenant)/oauth2/v2.0/devicecode", form: form)
    }

    init(_ cloud: TestCloud, tenant: String = Publisher.tenant, _ changes: [String: String?] = [:]) async throws {
        let reply = try await Self.ask(cloud, tenant: tenant, changes)
        self.cloud = cloud
        deviceCode = try #require(reply.json["device_code"] as? String, "\(reply.text)")
        userCode = try #require(reply.json["user_code"] as? String)
    }

    func poll(tenant: String = Publisher.tenant, _ changes: [String: String] = [:]) async throws -> Reply {
        let fields = [
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": Self.client,
            "device_code": deviceCode,
        ].merging(changes) { $1 }
        return try await cloud.wire.post(
            "\(cloud.login)/\(tenant)/oauth2/v2.0/token", form: fields.map { ($0.key, $0.value) })
    }

    func decide(_ decision: String, user: String? = nil) async throws -> Reply {
        var body = ["user_code": userCode, "decision": decision]
        body["user"] = user
        return try await cloud.wire.control("POST", "/device", body)
    }

    /// Graph as that user sees it through the command line.
    static func graph(_ cloud: TestCloud, user: String, scope: String) async throws -> GraphClient {
        let device = try await Device(cloud, tenant: "organizations", ["scope": scope])
        let decided = try await device.decide("approve", user: user)
        try #require(decided.status == 200, "\(decided.text)")
        return GraphClient(wire: cloud.wire, token: try await device.poll(tenant: "organizations").accessToken)
    }
}
