import Foundation
import Tenancy
import Testing

@Suite("Explanation routes")
struct ExplanationRouteTests {
    @Test(
        "A code is explained however it is spelt, and an unknown one is not",
        arguments: [
            ("AADSTS7000222", 200), ("aadsts7000222", 200), ("7000222", 200), ("AADSTS1", 404), ("x", 404),
            ("99999999999999999999", 404), ("%7B%22error_codes%22%3A%5B7000222%5D%7D", 200),
            ("see%20https%3A%2F%2Fx.example%2F%3Fe%3DAADSTS7000222%3A", 200),
        ])
    func explanation(_ code: String, status: Int) async throws {
        try await withHouse { house in
            let reply = try await house.socket.get("/v1/explanations/\(code)")
            #expect(reply.status == status)
            guard status == 200 else { return }
            #expect(reply.json["code"].string == "AADSTS7000222")
            #expect(reply.json["class"].string == "our_credential")
            #expect(reply.json["retryable"] == .bool(false) && reply.json["customer_message"] == .null)
        }
    }

    @Test("An OAuth error is explained too, with a message to the customer whose names are yet to be filled in")
    func oauthError() async throws {
        try await withHouse { house in
            let reply = try await house.socket.get("/v1/explanations/consent_required")
            #expect(reply.json["code"].string == "consent_required")
            #expect(reply.json["customer_message"].string?.contains("{app} cannot work for {tenant}") == true)
            let passing = try await house.socket.get("/v1/explanations/429")
            #expect(passing.json["code"].string == "HTTP 429" && passing.json["retryable"] == .bool(true))
        }
    }

    @Test("A tenant's standing is explained, from nobody asked to granted")
    func standing() async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(2...2)
            let none = try await house.socket.get("/v1/tenants/customer2.example/explanation")
            #expect(none.status == 200 && none.json["state"].string == "none")
            #expect(none.json["who_must_act"].string == "you" && none.json["customer_message"] == .null)
            _ = try await house.socket.post("/v1/tenants/customer2.example/consent-links", "")
            let invited = try await house.socket.get("/v1/tenants/\(guid(2))/explanation")
            #expect(
                invited.json["state"].string == "invited" && invited.json["who_must_act"].string == "customer_admin")
            #expect(invited.json["customer_message"].string?.contains("customer2.example") == true)
        }
        try await withHouse { house in
            try await house.addGrantedTenant()
            let granted = try await house.socket.get("/v1/tenants/\(guid(1))/explanation")
            #expect(granted.json["state"].string == "granted" && granted.json["next_step"].string == "Nothing to do.")
            #expect(granted.json["fault"] == .null && granted.json["who_must_act"] == .null)
        }
    }

    @Test("A tenant of another cloud, or none that is known, has no standing")
    func nobody() async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(9...9, cloud: .usGov)
            let other = try await house.socket.get("/v1/tenants/\(guid(9))/explanation")
            #expect(other.status == 409 && other.code == "other_cloud")
            let unknown = try await house.socket.get("/v1/tenants/\(guid(8))/explanation")
            #expect(unknown.status == 404)
        }
    }
}
