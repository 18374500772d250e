import Foundation
import HTTPService
import Tenancy
import Testing

@Suite("Credential routes")
struct CredentialRouteTests {
    private static let day: TimeInterval = 86_400

    /// Takes the steps of a rotation until it has ended, moving the clock.
    private func finish(_ app: String, in house: House) async throws -> JSONValue {
        for _ in 0..<100 {
            try await house.steps.credentials.takeDueSteps()
            let reply = try await house.socket.get("/v1/apps/\(app)/rotation")
            try #require(reply.status == 200)
            if ["done", "failed"].contains(reply.json["step"].string) { return reply.json }
            house.clock.advance(by: 1)
        }
        throw StillRunning()
    }

    /// Adds a secret to `crm`.
    private func addSecret(_ members: String = "", in house: House) async throws -> Reply {
        try await house.socket.post(
            "/v1/apps/crm/credentials", #"{"credential":{"secret":"secretcanary~second"\#(members)}}"#)
    }

    private func items(_ path: String, in house: House) async throws -> [JSONValue] {
        let reply = try await house.socket.get(path)
        #expect(reply.status == 200)
        #expect(!reply.text.contains("canary"))
        return reply.json["items"].elements
    }

    // MARK: Adding and preferring

    @Test("A second credential waits until it is preferred, and no reply holds either")
    func add() async throws {
        try await withHouse { house in
            try await house.addApp()
            let added = try await addSecret(#","expires_at":"2027-07-14T08:00:00Z""#, in: house)
            #expect(added.status == 201)
            #expect(added.json["app"].string == "crm")
            #expect(added.json["kind"].string == "secret")
            #expect(added.json["state"].string == "active")
            #expect(added.json["expires_at"].string == "2027-07-14T08:00:00Z")
            let id = try #require(added.json["id"].string)
            let before = try await house.socket.get("/v1/apps/crm")
            #expect(before.json["credential"]["id"].string != id)
            let preferred = try await house.socket.post("/v1/apps/crm/credentials/\(id)/prefer", "")
            #expect(preferred.status == 200)
            #expect(preferred.json["state"].string == "preferred")
            let after = try await house.socket.get("/v1/apps/crm")
            #expect(after.json["credential"]["id"].string == id)
            let list = try await items("/v1/apps/crm/credentials", in: house)
            #expect(Set(list.map { $0["state"].string }) == ["active", "preferred"])
            #expect(try await items("/v1/credentials", in: house) == list)
            let audit = try await house.socket.get("/v1/audit")
            for reply in [added, preferred, audit] { #expect(!reply.text.contains("canary")) }
        }
    }

    @Test("A credential may be preferred as it is added")
    func addPreferred() async throws {
        try await withHouse { house in
            try await house.addApp()
            let added = try await house.socket.post(
                "/v1/apps/crm/credentials", #"{"credential":{"pem":"pemcanary"},"prefer":true}"#)
            #expect(added.status == 201)
            #expect(added.json["kind"].string == "certificate")
            #expect(added.json["state"].string == "preferred")
            #expect(!added.text.contains("canary"))
            let twin = try await house.socket.post(
                "/v1/apps/crm/credentials", #"{"credential":{"pem":"pemcanary"}}"#)
            #expect(twin.status == 400)
            #expect(twin.code == "certificate_known")
            #expect(!twin.text.contains("canary"))
        }
    }

    @Test(
        "A credential that breaks a rule is refused, and nothing of it is said",
        arguments: [
            ("{}", "parameter_invalid"), (#"{"secret":"secretcanary","pem":"secretcanary"}"#, "parameter_invalid"),
            (#"{"pkcs12":"secretcanary!"}"#, "parameter_invalid"), (#"{"pem":""}"#, "certificate_missing"),
            (#"{"secret":"secretcanary","expires_at":"soon"}"#, "body_invalid"),
            (#"{"assertion_file":"secretcanary"}"#, "parameter_invalid"),
            (#"{"assertion_command":[]}"#, "parameter_invalid"),
            (#"{"assertion_command":["secretcanary"]}"#, "parameter_invalid"),
            (#"{"assertion_file":"/a","assertion_command":["/a"]}"#, "parameter_invalid"),
        ])
    func badCredential(_ credential: String, code: String) async throws {
        try await withHouse { house in
            try await house.addApp()
            let reply = try await house.socket.post("/v1/apps/crm/credentials", #"{"credential":\#(credential)}"#)
            #expect(reply.status == 400)
            #expect(reply.code == code)
            #expect(!reply.text.contains("canary"))
            #expect(try await items("/v1/apps/crm/credentials", in: house).count == 1)
        }
    }

    @Test(
        "Where an assertion comes from is said on the service's own machine only",
        arguments: [
            (#"{"assertion_file":"/run/token"}"#, "file /run/token"),
            (#"{"assertion_command":["/usr/bin/token","--for","crm"]}"#, "command /usr/bin/token"),
        ])
    func assertion(_ credential: String, label: String) async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addRegistrar()
            let admin = try await house.api(as: .admin)
            let app = """
                {"name":"erp","client_id":"\(guid(902))","permissions":[{"role":"User.Read.All"}],
                "credential":\(credential)}
                """
            let requests = [
                ("/v1/apps", app), ("/v1/apps/crm/credentials", #"{"credential":\#(credential)}"#),
                ("/v1/apps/registrar/rotation", #"{"purpose":"add","credential":\#(credential)}"#),
            ]
            for (path, body) in requests {
                let reply = try await admin.post(path, body)
                #expect(reply.status == 403, "\(path)")
                #expect(reply.code == "local_only", "\(path)")
            }
            #expect(try await items("/v1/credentials", in: house).count == 2)
            let taken = try await house.socket.post(
                "/v1/apps/crm/credentials", #"{"credential":\#(credential)}"#)
            #expect(taken.status == 201)
            #expect(taken.json["kind"].string == "federated")
            #expect(taken.json["label"].string == label)
        }
    }

    @Test("A credential that is not there, or has expired, is not preferred")
    func badPreference() async throws {
        try await withHouse { house in
            try await house.addApp()
            for id in ["000000000000", "x"] {
                let reply = try await house.socket.post("/v1/apps/crm/credentials/\(id)/prefer", "")
                #expect(reply.status == 404)
                #expect(reply.code == "credential_unknown")
            }
            let added = try await addSecret(#","expires_at":"2027-01-16T08:00:00Z""#, in: house)
            let id = try #require(added.json["id"].string)
            house.clock.advance(by: Self.day)
            let reply = try await house.socket.post("/v1/apps/crm/credentials/\(id)/prefer", "")
            #expect(reply.status == 400)
            #expect(reply.code == "credential_expired")
            let list = try await items("/v1/apps/crm/credentials", in: house)
            #expect(list.first { $0["id"].string == id }?["state"].string == "expired")
        }
    }

    // MARK: Retiring

    @Test("The last credential stays, and another one takes the place of the one that goes")
    func retire() async throws {
        try await withHouse { house in
            try await house.addApp()
            let first = try #require(try await items("/v1/apps/crm/credentials", in: house).first?["id"].string)
            let path = "/v1/apps/crm/credentials/\(first)/retire"
            let last = try await house.socket.post(path, #"{"keep_in_directory":true}"#)
            #expect(last.status == 409)
            #expect(last.code == "credential_last")
            let second = try #require(try await addSecret(in: house).json["id"].string)
            // In which directory is not known.
            let homeless = try await house.socket.post(path, "")
            #expect(homeless.status == 400)
            #expect(homeless.code == "home_tenant_unknown")
            let gone = try await house.socket.post(path, #"{"keep_in_directory":true}"#)
            #expect(gone.status == 204)
            let list = try await items("/v1/apps/crm/credentials", in: house)
            #expect(list.map { $0["id"].string } == [second])
            #expect(list.first?["state"].string == "preferred")
            let again = try await house.socket.post(path, "{}")
            #expect(again.status == 404)
            #expect(again.code == "credential_unknown")
        }
    }

    // MARK: Rotating

    @Test("A new secret is made, watched, preferred; it replaces the old one, which goes when the overlap is over")
    func rotate() async throws {
        try await withHouse { house in
            try await house.addFleet()
            let path = "/v1/apps/fleet/rotation"
            let begun = try await house.socket.post(path, #"{"purpose":"add","make":"secret"}"#)
            #expect(begun.status == 202)
            #expect(begun.header("Location") == path)
            #expect(begun.json["step"].string == "adding")
            #expect(begun.json["seen"].int == 0)
            #expect(begun.json["deadline"].string == "2027-01-15T08:15:00Z")
            let second = try await house.socket.post(path, #"{"purpose":"add","make":"secret"}"#)
            #expect(second.status == 409)
            #expect(second.code == "rotation_running")
            let done = try await finish("fleet", in: house)
            #expect(done["step"].string == "done")
            #expect(done["seen"] == done["needed"])
            let old = try #require(done["credential"].string)
            let made = try await items("/v1/apps/fleet/credentials", in: house)
            #expect(made.map { $0["id"].string } == [old])
            #expect(made.first?["state"].string == "preferred")
            #expect(made.first?["label"].string == "tenantry \(old)")
            #expect(made.first?["key_id"] != .null)
            #expect(made.first?["expires_at"].string == "2027-07-14T08:00:00Z")

            let replacing = try await house.socket.post(
                path, #"{"purpose":"replace","make":"secret","overlap_s":3600,"access":{"app":"registrar"}}"#)
            let new = try #require(replacing.json["credential"].string)
            try await house.steps.credentials.takeDueSteps()
            let early = try await house.socket.post("/v1/apps/fleet/credentials/\(new)/prefer", "")
            #expect(early.status == 409)
            #expect(early.code == "credential_pending")
            #expect(try await finish("fleet", in: house)["step"].string == "done")
            let both = try await house.socket.get("/v1/apps/fleet/credentials")
            let states = both.json["items"].elements.map { [$0["id"].string, $0["state"].string] }
            #expect(states == [[old, "retiring"], [new, "preferred"]])
            #expect(both.json["items"][0]["retire_at"] != .null)
            house.clock.advance(by: 3_601)
            try await house.steps.credentials.takeDueSteps()
            let rest = try await house.socket.get("/v1/apps/fleet/credentials")
            #expect(rest.json["items"].elements.map { $0["id"].string } == [new])
            let audit = try await house.socket.get("/v1/audit?limit=1000")
            for reply in [begun, replacing, both, rest, audit] {
                #expect(!reply.text.contains("made-secret"))
                #expect(!reply.text.contains(ScriptedEntra.tokenMark))
            }
        }
    }

    @Test("A certificate that was brought is made known to Entra and watched")
    func rotateBrought() async throws {
        try await withHouse { house in
            try await house.addFleet()
            let begun = try await house.socket.post(
                "/v1/apps/fleet/rotation", #"{"purpose":"add","credential":{"pem":"pemcanary"}}"#)
            #expect(begun.status == 202)
            #expect(begun.json["kind"].string == "certificate")
            #expect(try await finish("fleet", in: house)["step"].string == "done")
            let list = try await items("/v1/apps/fleet/credentials", in: house)
            #expect(list.count == 1)
            #expect(list.first?["thumbprint_sha256"].string?.hasPrefix("0a0a") == true)
            #expect(list.first?["key_id"] != .null)
        }
    }

    @Test("A rotation that fails says why, puts nothing to use, and is a finding")
    func failedRotation() async throws {
        try await withHouse { house in
            try await house.addFleet()
            let begun = try await house.socket.post(
                "/v1/apps/fleet/rotation", #"{"purpose":"replace","make":"secret"}"#)
            #expect(begun.status == 202)
            try await house.steps.credentials.takeDueSteps()
            house.entra.refuse(.mismatch("tid"))
            let end = try await finish("fleet", in: house)
            #expect(end["step"].string == "failed")
            #expect(end["fault"]["code"].string == "token_mismatch")
            #expect(end["fault"]["who_must_act"].string == "you")
            let list = try await items("/v1/apps/fleet/credentials", in: house)
            #expect(list.map { $0["state"].string } == ["pending"])
            let findings = try await items("/v1/findings", in: house).filter { $0["app"].string == "fleet" }
            #expect(Set(findings.map { $0["code"].string }) == ["rotation_failed", "credential_missing"])
            // Another try may begin.
            house.entra.grant([])
            let again = try await house.socket.post(
                "/v1/apps/fleet/rotation", #"{"purpose":"replace","make":"secret"}"#)
            #expect(again.status == 202)
            #expect(try await finish("fleet", in: house)["step"].string == "done")
        }
    }

    @Test(
        "A rotation that breaks a rule is not begun",
        arguments: [
            (#"{"make":"secret"}"#, "body_invalid", "'purpose'"),
            (#"{"purpose":"swap","make":"secret"}"#, "parameter_invalid", "'purpose'"),
            (#"{"purpose":"add"}"#, "parameter_invalid", "'make'"),
            (#"{"purpose":"add","make":"key"}"#, "parameter_invalid", "'make'"),
            (
                #"{"purpose":"add","make":"secret","credential":{"pem":"secretcanary"}}"#, "parameter_invalid", "'make'"
            ),
            (#"{"purpose":"add","make":"secret","life_s":3599}"#, "parameter_invalid", "'life_s'"),
            (#"{"purpose":"add","make":"secret","life_s":63072001}"#, "parameter_invalid", "'life_s'"),
            (#"{"purpose":"replace","make":"secret","overlap_s":-1}"#, "parameter_invalid", "'overlap_s'"),
            (#"{"purpose":"replace","make":"secret","overlap_s":7776001}"#, "parameter_invalid", "'overlap_s'"),
            (#"{"purpose":"add","make":"secret","access":{}}"#, "parameter_invalid", "'access'"),
            (#"{"purpose":"add","credential":{"secret":"secretcanary"}}"#, "secret_registered", "secret"),
            // Nobody registered this app from here, so nobody is known who may change it.
            (#"{"purpose":"add","make":"secret"}"#, "nobody_signed_in", "Nobody"),
        ])
    func badRotation(_ wish: String, code: String, word: String) async throws {
        try await withHouse { house in
            try await house.addRegistrar()
            let reply = try await house.socket.post("/v1/apps/registrar/rotation", wish)
            #expect(reply.status == 400)
            #expect(reply.code == code)
            #expect(reply.json["detail"].string?.contains(word) == true)
            #expect(!reply.text.contains("canary"))
            let none = try await house.socket.get("/v1/apps/registrar/rotation")
            #expect(none.status == 404)
            #expect(none.code == "not_found")
        }
    }

    @Test("An app whose directory is not known is not rotated")
    func homelessRotation() async throws {
        try await withHouse { house in
            try await house.addApp()
            let reply = try await house.socket.post("/v1/apps/crm/rotation", #"{"purpose":"add","make":"secret"}"#)
            #expect(reply.status == 400)
            #expect(reply.code == "home_tenant_unknown")
            let unknown = try await house.socket.post("/v1/apps/hrm/rotation", #"{"purpose":"add","make":"secret"}"#)
            #expect(unknown.status == 404)
            #expect(unknown.code == "app_unknown")
        }
    }

    // MARK: Findings

    @Test("A credential that ends soon, and then has ended, is a finding that names it")
    func expiry() async throws {
        try await withHouse { house in
            let secret = #""credential":{"secret":"\#(House.appSecret)""#
            try #require(House.appBody.contains(secret))
            let body = House.appBody.replacing(secret, with: secret + #","expires_at":"2027-01-20T08:00:00Z""#)
            #expect(try await house.socket.post("/v1/apps", body).status == 201)
            let viewer = try await house.api(as: .viewer)
            let soon = try await viewer.get("/v1/findings")
            #expect(soon.json["items"].elements.map { $0["code"].string } == ["credential_expires_in_7d"])
            #expect(soon.json["items"][0]["since"].string == "2027-01-15T08:00:00Z", "not before it was known")
            let list = try await items("/v1/apps/crm/credentials", in: house)
            #expect(list.first?["id"] == soon.json["items"][0]["credential"])
            #expect(list.first?["finding"].string == "credential_expires_in_7d")
            house.clock.advance(by: 5 * Self.day)
            let late = try await viewer.get("/v1/findings")
            #expect(
                late.json["items"].elements.map { $0["code"].string } == ["credential_expired", "credential_missing"])
            #expect(late.json["items"][1]["credential"] == .null)
            #expect(try await viewer.get("/v1/apps/crm").json["credential"]["state"].string == "expired")
        }
    }

    @Test("A credential that the authority rejects is one finding, with the authority's code")
    func rejection() async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(1...2)
            #expect(try await items("/v1/findings", in: house).isEmpty)
            house.entra.refuse(.refused(.ourCredential), trace: AuthorityTrace(aadsts: 7_000_222))
            for number in 1...2 { try await house.prove(number) }
            let findings = try await items("/v1/findings", in: house)
            #expect(findings.map { $0["code"].string } == ["credential_rejected"])
            #expect(findings.first?["detail"].string?.contains("AADSTS7000222") == true)
            let credential = try await items("/v1/apps/crm/credentials", in: house).first
            #expect(credential?["rejected_aadsts"].int == 7_000_222)
            #expect(credential?["rejected_at"].string == "2027-01-15T08:00:00Z")
            #expect(credential?["finding"].string == "credential_rejected")
        }
    }
}
