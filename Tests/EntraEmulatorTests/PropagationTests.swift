import Foundation
import Testing

@Suite("Propagation")
struct PropagationTests {
    @Test("The principal comes first, the roles later, as the tenant's delays say")
    func delays() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(tenant: "slow.example")
            cloud.clock.advance(seconds: 9)
            #expect(try await cloud.token(tenant: "slow.example").code == 7_000_229)
            cloud.clock.advance(seconds: 1)
            let early = try await cloud.token(tenant: "slow.example")
            #expect(early.status == 200)
            #expect(early.claims["roles"] == nil)
            cloud.clock.advance(seconds: 19)
            #expect(try await cloud.token(tenant: "slow.example").claims["roles"] == nil)
            cloud.clock.advance(seconds: 1)
            #expect((try await cloud.token(tenant: "slow.example").claims["roles"] as? [String])?.count == 2)
        }
    }

    @Test("The control plane's clock does the same as time")
    func controlClock() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(tenant: "slow.example")
            let moved = try await cloud.wire.control("POST", "/clock", ["advance_seconds": 30])
            #expect(moved.json["now"] as? String == "2027-01-15T08:00:30Z")
            #expect(try await cloud.token(tenant: "slow.example").claims["iat"] as? Int == 1_800_000_030)
            #expect((try await cloud.token(tenant: "slow.example").claims["roles"] as? [String])?.count == 2)
        }
    }

    @Test("A token keeps its roles after revocation; a new one has fewer; then there is none")
    func revocation() async throws {
        try await TestCloud.run { cloud in
            let old = try await cloud.grantedToken()
            let oid = try await cloud.token().claims["oid"] as? String
            let revoked = try await cloud.wire.control(
                "POST", "/tenants/contoso.example/revoke",
                ["client_id": TestCloud.clientID, "roles": ["User.Read.All"]])
            #expect(revoked.status == 200)
            let fewer = try await cloud.token()
            #expect(fewer.claims["roles"] as? [String] == ["Organization.Read.All"])
            let users = "\(cloud.graph)/v1.0/users"
            #expect(try await cloud.wire.get(users, headers: [("Authorization", "Bearer \(old)")]).status == 200)
            let refused = try await cloud.wire.get(users, headers: [("Authorization", "Bearer \(fewer.accessToken)")])
            #expect(refused.status == 403)
            _ = try await cloud.wire.control(
                "POST", "/tenants/contoso.example/revoke", ["client_id": TestCloud.clientID])
            #expect(try await cloud.token().code == 7_000_229)
            _ = try await cloud.consent(decision: "approve")
            #expect(try await cloud.token().claims["oid"] as? String != oid)
        }
    }

    @Test("Roles revoked while they were still on their way never arrive")
    func revokedOnTheWay() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(tenant: "slow.example")
            cloud.clock.advance(seconds: 15)
            _ = try await cloud.wire.control(
                "POST", "/tenants/slow.example/revoke",
                ["client_id": TestCloud.clientID, "roles": ["User.Read.All", "Organization.Read.All"]])
            cloud.clock.advance(seconds: 60)
            #expect(try await cloud.token(tenant: "slow.example").claims["roles"] == nil)
        }
    }
}
