import CurlHTTP
import Foundation
import Tenancy
import Testing

@Suite("Registration and sign-in routes")
struct RegistrationRouteTests {
    private static let access = #""access":{"app":"registrar"}"#
    /// Well-formed, and nobody's.
    private static let strangeSignIn = String(repeating: "0", count: 32)

    // MARK: Checking

    @Test("A spec is checked without a directory, and what only the directory can settle comes as a note")
    func check() async throws {
        try await withHouse { house in
            let viewer = try await house.api(as: .viewer)
            let known = try await viewer.post("/v1/registrations/check", #"{"spec":\#(House.spec())}"#)
            #expect(known.status == 200)
            #expect(known.json["app"].string == "fleet")
            #expect(known.json["notes"] == .array([]))
            let strange = House.spec(roles: ["User.Read.All", "New.Thing.All"])
            let reply = try await viewer.post("/v1/registrations/check", #"{"spec":\#(strange)}"#)
            #expect(reply.status == 200)
            #expect(reply.json["notes"].elements.count == 1)
            #expect(reply.json["notes"][0].string?.contains("New.Thing.All") == true)
        }
    }

    @Test(
        "A spec that breaks a rule is refused with the place that is wrong",
        arguments: [
            // Delegated permissions, by name and by kind.
            (#""role":"User.Read.All""#, #""role":"User.Read""#, "permissions[0].role"),
            (#""role":"User.Read.All""#, #""scope":"User.Read""#, "permissions[0].scope"),
            (#""role":"User.Read.All""#, #""role":"Directory.ReadWrite.All""#, "permissions[0].role"),
            (#""AzureADMultipleOrgs""#, #""PersonalMicrosoftAccount""#, "audience"),
            (#""display_name""#, #""displayname""#, "displayname"), (#""fleet""#, #""Fleet""#, "name"),
            (#""customer1.example""#, #""common""#, "home_tenant"),
            ("https://isv.test/consent/callback", "http://isv.test/x", "redirect_uris[0]"),
        ])
    func badSpec(_ good: String, _ bad: String, pointer: String) async throws {
        try await withHouse { house in
            let spec = House.spec()
            try #require(spec.contains(good))
            for path in ["check", "plan"] {
                let body = #"{"spec":\#(spec.replacing(good, with: bad))}"#
                let reply = try await house.socket.post("/v1/registrations/\(path)", body)
                #expect(reply.status == 400)
                #expect(reply.code == "spec_invalid")
                #expect(reply.json["pointer"].string == pointer)
            }
        }
    }

    @Test("A request without a spec is refused", arguments: ["check", "plan", "apply"])
    func noSpec(_ path: String) async throws {
        try await withHouse { house in
            let missing = try await house.socket.post("/v1/registrations/\(path)", "{}")
            #expect(missing.status == 400)
            #expect(missing.code == "body_invalid")
            #expect(missing.json["detail"].string == "The body cannot be read: 'spec' is missing.")
            let text = try await house.socket.post("/v1/registrations/\(path)", #"{"spec":"name: fleet"}"#)
            #expect(text.status == 400)
            #expect(text.code == "spec_invalid")
        }
    }

    // MARK: Planning and applying

    @Test("A plan changes nothing, applying it makes the app, and then there is nothing to do")
    func apply() async throws {
        try await withHouse { house in
            try await house.addRegistrar()
            let wish = #""spec":\#(House.spec()),"grant":true,\#(Self.access)"#
            let plan = try await house.socket.post("/v1/registrations/plan", "{\(wish)}")
            #expect(plan.status == 200)
            #expect(
                plan.json["steps"].elements.map { $0["change"].string }
                    == ["create_application", "create_service_principal", "add_owner", "grant_permission"])
            #expect(plan.json["home_tenant"].string == "\(guid(1))")
            #expect(plan.json["client_id"] == .null)
            #expect(try await house.socket.get("/v1/apps/fleet").status == 404)

            let id = try #require(plan.json["plan_id"].string)
            let done = try await house.apply(#"{"plan_id":"\#(id)",\#(wish)}"#)
            #expect(done["kind"].string == "apply")
            #expect(done["state"].string == "succeeded")
            #expect(done["progress"].elements == plan.json["steps"].elements.map { $0["detail"] })
            #expect(done["result"]["plan"] == plan.json)
            let app = try await house.socket.get("/v1/apps/fleet")
            #expect(app.json == done["result"]["app"])
            #expect(app.json["home_tenant"].string == "\(guid(1))")
            #expect(app.json["applied_at"].string == "2027-01-15T08:00:00Z")
            #expect(app.json["release"].int == 1)
            #expect(app.json["credential"] == .null)

            // As whom is remembered.
            let again = try await house.socket.post("/v1/registrations/plan", #"{"spec":\#(House.spec())}"#)
            let drift = try await house.socket.post("/v1/apps/fleet/drift", "")
            for reply in [again, drift] {
                #expect(reply.status == 200)
                #expect(reply.json["steps"] == .array([]))
                #expect(reply.json["object_id"] == app.json["object_id"])
                #expect(reply.json["client_id"] == app.json["client_id"])
            }
        }
    }

    @Test("A change of the spec is planned as that change and no other, with what customers may lose")
    func change() async throws {
        try await withHouse { house in
            try await house.addFleet(roles: ["User.Read.All", "Mail.Read"])
            let spec = House.spec(roles: ["User.Read.All", "Group.Read.All"])
            let plan = try await house.socket.post("/v1/registrations/plan", #"{"spec":\#(spec)}"#)
            #expect(plan.json["steps"].elements.map { $0["change"].string } == ["set_permissions"])
            #expect(plan.json["steps"][0]["detail"].string == "change permissions: + Group.Read.All, - Mail.Read")
            #expect(plan.json["warnings"].elements.count == 1)
        }
    }

    @Test("A difference that nobody agreed to is not carried out")
    func planChanged() async throws {
        try await withHouse { house in
            try await house.addRegistrar()
            let end = try await house.apply(
                #"{"plan_id":"0000000000000","spec":\#(House.spec()),\#(Self.access)}"#)
            #expect(end["state"].string == "failed")
            #expect(end["problem"]["code"].string == "plan_changed")
            #expect(end["problem"]["status"].int == 409)
            #expect(end["progress"] == .array([]))
            #expect(end["result"] == .null)
            #expect(try await house.socket.get("/v1/apps/fleet").status == 404)
        }
    }

    @Test("What can be told at once is told before an operation begins, the rest fails it, each with its place")
    func delegatedInOperation() async throws {
        try await withHouse { house in
            try await house.addRegistrar()
            let wish = #"{"spec":\#(House.spec(roles: ["User.Read"])),\#(Self.access)}"#
            let refused = try await house.socket.post("/v1/registrations/apply", wish)
            #expect(refused.status == 400)
            #expect(refused.code == "spec_invalid")
            #expect(refused.json["pointer"].string == "permissions[0].role")
            let end = try await house.apply(#"{"spec":\#(House.spec(roles: ["User.Raed.All"])),\#(Self.access)}"#)
            #expect(end["state"].string == "failed")
            #expect(end["problem"]["code"].string == "spec_invalid")
            #expect(end["problem"]["pointer"].string == "permissions[0].role")
        }
    }

    @Test("An app that was added and is not in its directory is told to be gone")
    func gone() async throws {
        try await withHouse { house in
            try await house.addRegistrar()
            try await house.addApp()
            let plan = try await house.socket.post(
                "/v1/registrations/plan", #"{"spec":\#(House.spec(of: "crm")),\#(Self.access)}"#)
            #expect(plan.status == 409)
            #expect(plan.code == "registration_gone")
            let drift = try await house.socket.post("/v1/apps/crm/drift", "{\(Self.access)}")
            #expect(drift.status == 404)
            #expect(drift.code == "registration_unknown")
        }
    }

    @Test(
        "Whoever is to change the directory is named by exactly one name that is known",
        arguments: [
            ("", 400, "nobody_signed_in"), (#","access":{}"#, 400, "parameter_invalid"),
            (#","access":{"app":"registrar","sign_in":"\#(strangeSignIn)"}"#, 400, "parameter_invalid"),
            (#","access":{"app":"No Name"}"#, 400, "parameter_invalid"),
            (#","access":{"sign_in":"x"}"#, 400, "parameter_invalid"),
            (#","access":{"app":"hrm"}"#, 404, "app_unknown"),
            (#","access":{"sign_in":"\#(strangeSignIn)"}"#, 404, "sign_in_unknown"),
        ])
    func badAccess(_ member: String, status: Int, code: String) async throws {
        try await withHouse { house in
            try await house.addRegistrar()
            let reply = try await house.socket.post("/v1/registrations/plan", #"{"spec":\#(House.spec())\#(member)}"#)
            #expect(reply.status == status)
            #expect(reply.code == code)
        }
    }

    @Test(
        "A home tenant that nobody knows, or that could not be looked up, is told as such",
        arguments: [("unknown.example", 404, "tenant_unknown"), ("silent.example", 503, "tenant_undecided")])
    func badHome(_ home: String, status: Int, code: String) async throws {
        try await withHouse { house in
            let spec = House.spec().replacing("customer1.example", with: home)
            let reply = try await house.socket.post("/v1/registrations/plan", #"{"spec":\#(spec)}"#)
            #expect(reply.status == status)
            #expect(reply.code == code)
        }
    }

    @Test(
        "An app that gets no token cannot read the directory, and the authority's reason is told",
        arguments: [
            (TokenError.Reason.refused(.ourCredential), 502, "our_credential"),
            (.throttled(11.2), 429, "authority_throttled"), (.unavailable("no answer"), 503, "authority_unavailable"),
            (.credentialUnusable("The certificate has expired."), 500, "our_credential"),
        ])
    func noToken(_ reason: TokenError.Reason, status: Int, code: String) async throws {
        try await withHouse { house in
            try await house.addRegistrar()
            house.entra.refuse(reason)
            let reply = try await house.socket.post(
                "/v1/registrations/plan", #"{"spec":\#(House.spec()),\#(Self.access)}"#)
            #expect(reply.status == status)
            #expect(reply.code == code)
        }
    }

    @Test("An operation that is not there cannot be followed")
    func unknownOperation() async throws {
        try await withHouse { house in
            for id in [String(repeating: "0", count: 26), "x"] {
                let reply = try await house.socket.get("/v1/operations/\(id)")
                #expect(reply.status == 404)
                #expect(reply.code == "not_found")
            }
        }
    }

    // MARK: Exporting

    @Test(
        "A spec, or the one that was applied, is written as commands",
        arguments: [
            ("az", "az ad app create"), ("powershell", "New-MgApplication"), ("terraform", "azuread_application"),
        ])
    func export(_ target: String, mark: String) async throws {
        try await withHouse { house in
            let viewer = try await house.api(as: .viewer)
            let given = try await viewer.post(
                "/v1/registrations/export", #"{"spec":\#(House.spec()),"to":"\#(target)"}"#)
            #expect(given.status == 200)
            let text = try #require(given.json["text"].string)
            #expect(text.contains(mark) && text.contains("User.Read.All") && text.contains("Fleet Sync"))
            try await house.addFleet()
            let applied = try await viewer.post("/v1/registrations/export", #"{"app":"fleet","to":"\#(target)"}"#)
            #expect(applied.json["text"].string == text)
        }
    }

    @Test("An export wants one spec and one target, and a spec that was applied")
    func badExport() async throws {
        try await withHouse { house in
            try await house.addApp()
            let wishes: [(String, Int, String)] = [
                (#"{"to":"az"}"#, 400, "parameter_invalid"), (#"{"app":"crm"}"#, 400, "body_invalid"),
                (#"{"app":"crm","to":"bash"}"#, 400, "parameter_invalid"),
                (#"{"app":"crm","spec":\#(House.spec()),"to":"az"}"#, 400, "parameter_invalid"),
                (#"{"spec":\#(House.spec(roles: ["User.Read"])),"to":"az"}"#, 400, "spec_invalid"),
                (#"{"app":"hrm","to":"az"}"#, 404, "app_unknown"),
                (#"{"app":"crm","to":"az"}"#, 404, "registration_unknown"),
            ]
            for (wish, status, code) in wishes {
                let reply = try await house.socket.post("/v1/registrations/export", wish)
                #expect(reply.status == status, "\(wish)")
                #expect(reply.code == code, "\(wish)")
            }
        }
    }

    // MARK: Deleting

    @Test("A deletion that is not confirmed letter by letter changes nothing, and says in which tenants the app works")
    func unconfirmedDeletion() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let look = try await house.socket.post("/v1/apps/crm/deletion", "")
            #expect(look.status == 200)
            #expect(look.json["deleted"].bool == false)
            #expect(look.json["tenant_count"].int == 1)
            #expect(look.json["tenants"][0]["id"].string == "\(guid(1))")
            #expect(look.json["tenants"][0]["name"].string == "Customer 1")
            let mistyped = try await house.socket.post(
                "/v1/apps/crm/deletion", #"{"confirm":"CRM","keep_in_directory":true}"#)
            #expect(mistyped.status == 400)
            #expect(mistyped.code == "parameter_invalid")
            // In which directory is not known.
            let homeless = try await house.socket.post("/v1/apps/crm/deletion", #"{"confirm":"crm"}"#)
            #expect(homeless.status == 400)
            #expect(homeless.code == "home_tenant_unknown")
            #expect(try await house.socket.get("/v1/apps/crm").status == 200)
            let status = try await house.socket.get("/v1/tenants/\(guid(1))/consent")
            #expect(status.json["state"].string == "granted")
        }
    }

    @Test("A confirmed deletion forgets the app with its consent, and the record keeps it")
    func confirmedDeletion() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let reply = try await house.socket.post(
                "/v1/apps/crm/deletion", #"{"confirm":"crm","keep_in_directory":true}"#)
            #expect(reply.status == 200)
            #expect(reply.json["deleted"].bool == true)
            #expect(reply.json["tenant_count"].int == 1)
            #expect(try await house.socket.get("/v1/apps/crm").status == 404)
            let audit = try await house.socket.get("/v1/audit")
            #expect(audit.json["items"].elements.last?["action"].string == "app.delete")
            let again = try await house.socket.post("/v1/apps/crm/deletion", #"{"confirm":"crm"}"#)
            #expect(again.status == 404)
            #expect(again.code == "app_unknown")
        }
    }

    @Test("A deletion takes the application out of the directory too")
    func deletionInDirectory() async throws {
        try await withHouse { house in
            try await house.addFleet()
            let old = try await house.socket.get("/v1/apps/fleet")
            let reply = try await house.socket.post("/v1/apps/fleet/deletion", #"{"confirm":"fleet"}"#)
            #expect(reply.status == 200)
            #expect(reply.json["deleted"].bool == true)
            #expect(reply.json["client_id"] == old.json["client_id"])
            let plan = try await house.socket.post(
                "/v1/registrations/plan", #"{"spec":\#(House.spec()),\#(Self.access)}"#)
            #expect(plan.json["steps"][0]["change"].string == "create_application")
        }
    }

    // MARK: Signing in

    @Test("An administrator signs in by a code, changes the directory, and no reply holds the token or our code")
    func signIn() async throws {
        try await withHouse { house in
            let begun = try await house.socket.post("/v1/sign-ins", #"{"home_tenant":"customer1.example"}"#)
            #expect(begun.status == 201)
            #expect(begun.json["user_code"].string == "ABCD1234")
            #expect(begun.json["verification_uri"].string == "https://login.microsoft.test/device")
            #expect(begun.json["expires_at"].string == "2027-01-15T08:15:00Z")
            let id = try #require(begun.json["id"].string)
            let wish = #"{"spec":\#(House.spec()),"access":{"sign_in":"\#(id)"}}"#

            // The authority is not asked before its interval is over.
            house.clock.advance(by: 4)
            let early = try await house.socket.get("/v1/sign-ins/\(id)")
            for reply in [begun, early] { #expect(reply.json["signed_in"].bool == false) }
            let unfinished = try await house.socket.post("/v1/registrations/plan", wish)
            #expect(unfinished.status == 409)
            #expect(unfinished.code == "sign_in_unfinished")

            house.clock.advance(by: 1)
            let finished = try await house.socket.get("/v1/sign-ins/\(id)")
            #expect(finished.json["signed_in"].bool == true)
            let plan = try await house.socket.post("/v1/registrations/plan", wish)
            #expect(plan.status == 200)
            #expect(try await house.apply(wish)["state"].string == "succeeded")

            for _ in 1...2 {
                let ended = try await house.socket.send(.delete, "/v1/sign-ins/\(id)")
                #expect(ended.status == 204)
            }
            let after = try await house.socket.get("/v1/sign-ins/\(id)")
            #expect(after.status == 404)
            #expect(after.code == "sign_in_unknown")
            let refused = try await house.socket.post("/v1/registrations/plan", wish)
            #expect(refused.code == "sign_in_unknown")
            let audit = try await house.socket.get("/v1/audit?limit=1000")
            for reply in [begun, early, finished, plan, after, audit] {
                #expect(!reply.text.contains("devicecanary"))
                #expect(!reply.text.contains(ScriptedEntra.tokenMark))
            }
            #expect(!audit.text.contains(id))
        }
    }

    @Test("An app whose home tenant is known stands for it")
    func signInForApp() async throws {
        try await withHouse { house in
            try await house.addRegistrar()
            let reply = try await house.socket.post("/v1/sign-ins", #"{"app":"registrar","grant":true}"#)
            #expect(reply.status == 201)
        }
    }

    @Test("An administrator of another tenant changes nothing")
    func otherTenant() async throws {
        try await withHouse { house in
            let begun = try await house.socket.post("/v1/sign-ins", #"{"home_tenant":"customer2.example"}"#)
            let id = try #require(begun.json["id"].string)
            house.clock.advance(by: 5)
            #expect(try await house.socket.get("/v1/sign-ins/\(id)").json["signed_in"].bool == true)
            let reply = try await house.socket.post(
                "/v1/registrations/plan", #"{"spec":\#(House.spec()),"access":{"sign_in":"\#(id)"}}"#)
            #expect(reply.status == 403)
            #expect(reply.code == "sign_in_other_tenant")
        }
    }

    @Test("A sign-in that nobody finishes in time is gone")
    func expiredSignIn() async throws {
        try await withHouse { house in
            let begun = try await house.socket.post("/v1/sign-ins", #"{"home_tenant":"customer1.example"}"#)
            let id = try #require(begun.json["id"].string)
            house.clock.advance(by: 900)
            let expired = try await house.socket.get("/v1/sign-ins/\(id)")
            #expect(expired.status == 410)
            #expect(expired.code == "sign_in_expired")
            let after = try await house.socket.get("/v1/sign-ins/\(id)")
            #expect(after.status == 404)
        }
    }

    @Test(
        "A sign-in wants one tenant that is known",
        arguments: [
            ("{}", 400, "parameter_invalid"),
            (#"{"home_tenant":"customer1.example","app":"crm"}"#, 400, "parameter_invalid"),
            (#"{"home_tenant":"common"}"#, 400, "tenant_malformed"), (#"{"app":"crm"}"#, 400, "home_tenant_unknown"),
            (#"{"home_tenant":"customer1.example","cloud":"china"}"#, 400, "cloud_not_configured"),
            (#"{"home_tenant":"customer1.example","cloud":"mars"}"#, 400, "body_invalid"),
            (#"{"home_tenant":"unknown.example"}"#, 404, "tenant_unknown"), (#"{"app":"hrm"}"#, 404, "app_unknown"),
            (#"{"home_tenant":"silent.example"}"#, 503, "tenant_undecided"),
        ])
    func badSignIn(_ wish: String, status: Int, code: String) async throws {
        try await withHouse { house in
            try await house.addApp()
            let reply = try await house.socket.post("/v1/sign-ins", wish)
            #expect(reply.status == status)
            #expect(reply.code == code)
        }
    }

    // MARK: Roles

    @Test(
        "Nobody but an admin plans, applies, rotates, deletes or signs in",
        arguments: [OperatorRole.viewer, .operator])
    func roles(_ role: OperatorRole) async throws {
        try await withHouse { house in
            try await house.addRegistrar()
            let client = try await house.api(as: role)
            let paths = [
                "/v1/registrations/plan", "/v1/registrations/apply", "/v1/apps/registrar/drift",
                "/v1/apps/registrar/deletion", "/v1/apps/registrar/rotation", "/v1/apps/registrar/credentials",
                "/v1/apps/registrar/credentials/000000000000/prefer",
                "/v1/apps/registrar/credentials/000000000000/retire", "/v1/sign-ins",
            ]
            var replies: [Reply] = []
            for path in paths {
                replies.append(try await client.post(path, #"{"confirm":"registrar","keep_in_directory":true}"#))
            }
            replies.append(try await client.get("/v1/sign-ins/\(Self.strangeSignIn)"))
            replies.append(try await client.send(.delete, "/v1/sign-ins/\(Self.strangeSignIn)"))
            for reply in replies {
                #expect(reply.status == 403)
                #expect(reply.code == "forbidden")
            }
            #expect(try await client.get("/v1/apps/registrar").status == 200)
        }
    }
}

/// What the suites about registrations, credentials and releases begin with.
extension House {
    /// A spec, for tenant number 1 as the home, that asks for those roles of Microsoft Graph.
    static func spec(of app: String = "fleet", roles: [String] = ["User.Read.All"]) -> String {
        let permissions = roles.map { #"{"role":"\#($0)","reason":"For the fleet."}"# }.joined(separator: ",")
        return """
            {"name":"\(app)","display_name":"Fleet Sync","home_tenant":"customer1.example",\
            "audience":"AzureADMultipleOrgs","redirect_uris":["https://isv.test/consent/callback"],\
            "permissions":[\(permissions)]}
            """
    }

    /// The app `registrar`, which may change the directory of tenant number 1.
    func addRegistrar() async throws {
        let body = """
            {"name":"registrar","client_id":"\(guid(901))","audience":"AzureADMyOrg",
            "home_tenant":"customer1.example","credential":{"secret":"\(Self.appSecret)"},
            "permissions":[{"role":"Application.ReadWrite.OwnedBy","reason":"To register apps."}]}
            """
        let reply = try await socket.post("/v1/apps", body)
        try #require(reply.status == 201)
        #expect(reply.json["home_tenant"].string == "\(guid(1))")
        #expect(reply.json["redirect_uri"] == .null)
    }

    /// The app `registrar`, and the app `fleet`, which it has registered and which has no credential yet.
    func addFleet(roles: [String] = ["User.Read.All"]) async throws {
        try await addRegistrar()
        let end = try await apply(#"{"spec":\#(Self.spec(roles: roles)),"access":{"app":"registrar"}}"#)
        try #require(end["state"].string == "succeeded")
    }

    /// Applies a spec and follows the operation to its end.
    func apply(_ body: String) async throws -> JSONValue {
        let begun = try await socket.post("/v1/registrations/apply", body)
        try #require(begun.status == 202)
        let address = try #require(begun.header("Location"))
        #expect(address == "/v1/operations/\(begun.json["id"].string ?? "")")
        for _ in 0..<5_000 {
            let reply = try await socket.get(address)
            try #require(reply.status == 200)
            if reply.json["state"].string != "running" { return reply.json }
            await Task.yield()
        }
        throw StillRunning()
    }
}

/// Something that should have come to its end did not.
struct StillRunning: Error {}
