import Foundation
import Testing

@Suite("Odd consent callbacks")
struct ConsentCallbackTests {
    private func callback(
        _ callback: [String: Any], decision: String = "approve", v1: Bool = false, _ cloud: TestCloud
    ) async throws -> String {
        let result = try await cloud.consent(
            decision: decision, link: cloud.consentLink(v1: v1), callback: callback)
        return try #require(result["callback"] as? String, "\(result)")
    }

    @Test(
        "The failures that were documented or seen, whichever button was pressed",
        arguments: [
            (
                "permission_denied",
                ["error": "permission_denied", "error_description": "The admin canceled the request"]
            ),
            ("consent_required", ["error": "consent_required", "admin_consent": "True"]),
            ("declined", ["error": "access_denied", "admin_consent": "True"]),
            ("wrong_directory", ["error": "access_denied", "admin_consent": "True"]),
            ("request_sent", ["error": "access_denied", "error_subcode": "cancel"]),
            ("access_denied", ["error": "access_denied"]),
            ("consent_conflict", ["error": "invalid_client"]),
        ], ["approve", "decline"])
    func failures(kind: (String, [String: String]), decision: String) async throws {
        let (name, expected) = kind
        try await TestCloud.run { cloud in
            let fields = callbackFields(
                try await callback(["answer": name, "times": 5], decision: decision, cloud))
            for (field, value) in expected { #expect(fields[field] == value) }
            #expect(fields["state"] == "st-1")
            #expect(fields["tenant"] == nil)
            if name == "access_denied" { #expect(fields.count == 2) }
            let codes = ["wrong_directory": "50020", "consent_conflict": "650051"]
            if !["permission_denied", "access_denied"].contains(name) {
                #expect(fields["error_description"]?.hasPrefix("AADSTS\(codes[name] ?? "65004"): ") == true)
            }
            #expect(try await cloud.token().code == 7_000_229)
        }
    }

    @Test(
        "The control plane tells a decline from an error",
        arguments: [
            ("permission_denied", "declined"), ("consent_required", "declined"), ("request_sent", "declined"),
            ("access_denied", "declined"), ("wrong_directory", "error"), ("consent_conflict", "error"),
            ("approval_requested", "error"),
        ])
    func outcomes(answer: String, outcome: String) async throws {
        try await TestCloud.run { cloud in
            let result = try await cloud.consent(decision: "approve", callback: ["answer": answer])
            #expect(result["outcome"] as? String == outcome)
        }
    }

    @Test("A request sent for review stays on a page")
    func approvalRequested() async throws {
        try await TestCloud.run { cloud in
            let result = try await cloud.consent(decision: "approve", callback: ["answer": "approval_requested"])
            #expect(result["callback"] is NSNull)
            #expect((result["error"] as? [String: Any])?["code"] as? Int == 90095)
            #expect(try await cloud.token().code == 7_000_229)
        }
    }

    @Test("A conflict passes: the tenant's next consent succeeds")
    func conflict() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.wire.control("PATCH", "/tenants/contoso.example", ["callback": "consent_conflict"])
            #expect(try await cloud.consent()["outcome"] as? String == "error")
            #expect(try await cloud.token().code == 7_000_229)
            #expect(try await cloud.consent()["outcome"] as? String == "approved")
            #expect(try await cloud.token().status == 200)
        }
    }

    @Test("A conflict can hide a consent that was recorded")
    func recordedConflict() async throws {
        try await TestCloud.run { cloud in
            let answer = ["answer": "consent_conflict_recorded"]
            let fields = callbackFields(try await callback(answer, cloud))
            #expect(fields["error"] == "invalid_client")
            #expect((try await cloud.token().claims["roles"] as? [String])?.count == 2)
        }
    }

    @Test("A tenant answers its own way until told otherwise")
    func ofTenant() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.wire.control(
                "PATCH", "/tenants/contoso.example", ["callback": ["answer": "declined", "times": 2]])
            #expect(try await cloud.consent()["outcome"] as? String == "declined")
            #expect(try await cloud.consent()["outcome"] as? String == "declined")
            #expect(try await cloud.consent()["outcome"] as? String == "approved")
            _ = try await cloud.wire.control("PATCH", "/tenants/contoso.example", ["callback": "access_denied"])
            #expect(try await cloud.consent()["outcome"] as? String == "declined")
            _ = try await cloud.wire.control("PATCH", "/tenants/contoso.example", ["callback": NSNull()])
            #expect(try await cloud.consent()["outcome"] as? String == "approved")
        }
    }

    @Test(
        "The same callback in every spelling",
        arguments: [
            ("state_junk", "&state=st-1%3e.+Thank+you&"), ("upper_hex", "scope=https%3A%2F%2Fgraph"),
            ("hash_tail", "#_=_"), ("extra_parameters", "x-future=a%26b%3dc+d"),
            ("lower_case_true", "admin_consent=true"), ("reversed", "?scope="),
        ])
    func shapes(shape: String, part: String) async throws {
        try await TestCloud.run { cloud in
            let address = try await callback(["shape": [shape]], cloud)
            #expect(address.contains(part), "\(address)")
            #expect(callbackFields(address)["tenant"] == TestCloud.contoso)
        }
    }

    @Test("A callback without state, without the hash, and in the order of the first version")
    func furtherShapes() async throws {
        try await TestCloud.run { cloud in
            let stateless = try await callback(["shape": ["without_state"]], cloud)
            #expect(callbackFields(stateless)["state"] == nil)
            let plain = try await callback(["shape": ["no_hash", "v1_order"]], v1: true, cloud)
            #expect(
                plain.hasSuffix("?tenant=\(TestCloud.contoso)&state=st-1&admin_consent=True"))
            let upper = try await callback(["answer": "declined", "shape": ["upper_hex"]], cloud)
            #expect(upper.contains("AADSTS65004%3A%20User%20declined"))
        }
    }

    @Test(
        "Who may grant application permissions of Graph",
        arguments: [
            ("global_administrator", true), ("privileged_role_administrator", true),
            ("application_administrator", false), ("cloud_application_administrator", false), ("none", false),
        ], ["member", "guest"])
    func roles(role: (String, Bool), type: String) async throws {
        try await TestCloud.run { cloud in
            let name = type == "guest" ? "g@elsewhere.example" : "m@contoso.example"
            let user = ["user_principal_name": name, "role": role.0, "user_type": type]
            _ = try await cloud.wire.control("POST", "/tenants/contoso.example/users", ["users": [user]])
            let result = try await cloud.consent(decision: "approve", account: name)
            #expect(result["outcome"] as? String == (role.1 ? "approved" : "error"))
            let code = (result["error"] as? [String: Any])?["code"] as? Int
            #expect(code == (role.1 ? nil : 90094))
            #expect((result["callback"] is NSNull) == !role.1)
        }
    }
}
