import CurlHTTP
import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite("App, key and record routes")
struct OperatorRouteTests {
    @Test("An app is added and read, and its secret never leaves again")
    func app() async throws {
        try await withHouse { house in
            let added = try await house.socket.post("/v1/apps", House.appBody)
            #expect(added.status == 201)
            #expect(added.json["redirect_uri"].string == "https://isv.test/consent/callback")
            #expect(added.json["cloud"].string == "public")
            #expect(added.json["release"].int == 1)
            #expect(added.json["credential"]["kind"].string == "secret")
            #expect(added.json["permissions"][0]["resource"].string == "https://graph.microsoft.com")
            let (one, all) = (try await house.socket.get("/v1/apps/crm"), try await house.socket.get("/v1/apps"))
            #expect(one.json == added.json)
            #expect(all.json["items"] == .array([added.json]))
            let audit = try await house.socket.get("/v1/audit")
            for reply in [added, one, all, audit] { #expect(!reply.text.contains("secretcanary")) }
        }
    }

    @Test("A certificate is described by its thumbprint and its end")
    func certificate() async throws {
        try await withHouse { house in
            let body = """
                {"name":"crm","client_id":"\(guid(900))","permissions":[{"role":"User.Read.All"}],
                "credential":{"pkcs12":"\(Data("pfxcanary".utf8).base64EncodedString())","passphrase":"passcanary"}}
                """
            let reply = try await house.socket.post("/v1/apps", body)
            #expect(reply.status == 201)
            #expect(reply.json["credential"]["kind"].string == "certificate")
            #expect(reply.json["credential"]["expires_at"].string == "2027-01-16T08:00:00Z")
            #expect(reply.json["credential"]["thumbprint_sha256"].string?.hasPrefix("0a0a") == true)
            #expect(!reply.text.contains("canary"))
        }
    }

    @Test(
        "An app that breaks a rule is refused, and nothing of its secret is said",
        arguments: [
            (#""name":"CRM""#, "app_invalid"), (#""client_id":"x""#, "app_invalid"),
            (#""permissions":[]"#, "app_invalid"), (#""redirect_uri":"http://isv.test/x""#, "app_invalid"),
            (#""permissions":[{"role":"A","resource":"x y"}]"#, "parameter_invalid"),
            (#""credential":{}"#, "parameter_invalid"),
            (#""credential":{"secret":"secretcanary","pem":"secretcanary"}"#, "parameter_invalid"),
            (#""credential":{"pkcs12":"secretcanary!"}"#, "parameter_invalid"),
            (#""credential":{"pem":""}"#, "certificate_missing"),
        ])
    func badApp(_ member: String, code: String) async throws {
        try await withHouse { house in
            let name = String(member.split(separator: ":")[0])
            let members = [
                #""name":"crm""#, #""client_id":"\#(guid(900))""#, #""permissions":[{"role":"A"}]"#,
                #""credential":{"secret":"secretcanary~"}"#,
            ].filter { !$0.hasPrefix(name) }
            let reply = try await house.socket.post("/v1/apps", "{\((members + [member]).joined(separator: ","))}")
            #expect(reply.status == 400)
            #expect(reply.code == code)
            #expect(!reply.text.contains("secretcanary"))
            let apps = try await house.socket.get("/v1/apps")
            #expect(apps.json["items"].elements.isEmpty)
        }
    }

    @Test("An app is named only when there is a choice")
    func unnamedApp() async throws {
        try await withHouse { house in
            let none = try await house.socket.get("/v1/consent")
            #expect(none.status == 404)
            #expect(none.code == "app_missing")
            try await house.addApp()
            let one = try await house.socket.get("/v1/consent")
            #expect(one.status == 200)
            let second = House.appBody.replacing("\"crm\"", with: "\"erp\"").replacing(
                "\(guid(900))", with: "\(guid(901))")
            #expect(try await house.socket.post("/v1/apps", second).status == 201)
            let several = try await house.socket.get("/v1/consent")
            #expect(several.status == 400)
            #expect(several.code == "app_unnamed")
            #expect(several.json["next_step"].string?.contains("crm, erp") == true)
            let unknown = try await house.socket.get("/v1/consent?app=hrm")
            #expect(unknown.status == 404)
            #expect(unknown.code == "app_unknown")
        }
    }

    @Test("A key is shown once, opens the door, and is listed without itself")
    func key() async throws {
        try await withHouse { house in
            let made = try await house.socket.post("/v1/keys", #"{"name":"nightly report","role":"viewer"}"#)
            #expect(made.status == 201)
            let (text, id) = (try #require(made.json["key"].string), try #require(made.json["id"].string))
            let use = try await house.api.with(key: text).get("/v1/apps")
            #expect(use.status == 200)
            let list = try await house.socket.get("/v1/keys")
            #expect(list.json["items"][0]["name"].string == "nightly report")
            #expect(list.json["items"][0]["key"] == .null)
            let secret = text.suffix(39)
            let audit = try await house.socket.get("/v1/audit")
            for reply in [list, audit] { #expect(!reply.text.contains(secret)) }
            for _ in 1...2 {
                let revoked = try await house.socket.send(.delete, "/v1/keys/\(id)")
                #expect(revoked.status == 204)
            }
            let after = try await house.socket.get("/v1/keys")
            #expect(after.json["items"][0]["revoked_at"].string == "2027-01-15T08:00:00Z")
            let refused = try await house.api.with(key: text).get("/v1/apps")
            #expect(refused.status == 401)
        }
    }

    @Test("A key needs a name of 1 to 100 characters", arguments: [(0, 400), (1, 201), (100, 201), (101, 400)])
    func keyName(_ length: Int, status: Int) async throws {
        try await withHouse { house in
            let name = String(repeating: "n", count: length)
            let reply = try await house.socket.post("/v1/keys", #"{"name":"\#(name)","role":"viewer"}"#)
            #expect(reply.status == status)
            #expect(status == 201 || reply.code == "key_name_invalid")
        }
    }

    @Test("A key that is not there cannot be revoked", arguments: ["000000000000", "x", "tn_admin_x"])
    func unknownKey(_ id: String) async throws {
        try await withHouse { house in
            let reply = try await house.socket.send(.delete, "/v1/keys/\(id)")
            #expect(reply.status == 404)
            #expect(reply.code == "not_found")
        }
    }
}
