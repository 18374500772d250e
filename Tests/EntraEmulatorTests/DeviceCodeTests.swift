import EntraEmulator
import Foundation
import Testing

@Suite("Device code")
struct DeviceCodeTests {
    @Test("The reply says where to go with which code, and how often to ask")
    func begin() async throws {
        try await Publisher.run(#""device_code_interval_seconds": 7"#) { publisher in
            let reply = try await Device.ask(publisher.cloud)
            #expect(reply.status == 200)
            #expect((reply.json["user_code"] as? String)?.count == 9)
            #expect(reply.json["verification_uri"] as? String == "\(publisher.cloud.login)/devicelogin")
            #expect(reply.json["expires_in"] as? Int == 900)
            #expect(reply.json["interval"] as? Int == 7)
            #expect((reply.json["message"] as? String)?.contains(reply.json["user_code"] as? String ?? "?") == true)
            let knob = try await publisher.cloud.wire.control("PATCH", "/device", ["interval_seconds": 1])
            #expect(knob.status == 200)
            #expect(try await Device.ask(publisher.cloud).json["interval"] as? Int == 1)
            let document = try await publisher.cloud.wire.get(
                "\(publisher.cloud.login)/publisher.example/v2.0/.well-known/openid-configuration")
            #expect(
                (document.json["device_authorization_endpoint"] as? String)?.hasSuffix("/oauth2/v2.0/devicecode")
                    == true)
        }
    }

    @Test("Until somebody decides it is pending, and asking too often is told so")
    func pending() async throws {
        try await Publisher.run { publisher in
            let device = try await Device(publisher.cloud)
            let first = try await device.poll()
            #expect(first.status == 400)
            #expect(first.json["error"] as? String == "authorization_pending")
            #expect(first.code == 70016)
            publisher.cloud.clock.advance(seconds: 4)
            #expect(try await device.poll().json["error"] as? String == "slow_down")
            publisher.cloud.clock.advance(seconds: 5)
            #expect(try await device.poll().json["error"] as? String == "authorization_pending")
        }
    }

    @Test("An approval gives one token of the user, and a refresh token only when asked for")
    func approval() async throws {
        try await Publisher.run { publisher in
            for scope in ["User.Read", "openid offline_access https://graph.microsoft.com/User.Read"] {
                let device = try await Device(publisher.cloud, ["scope": scope])
                let decided = try await device.decide("approve")
                #expect(decided.json["user"] as? String == "ada@publisher.example")
                let reply = try await device.poll()
                #expect(reply.status == 200, "\(reply.text)")
                #expect(reply.json["token_type"] as? String == "Bearer")
                #expect((reply.json["refresh_token"] != nil) == scope.contains("offline_access"))
                let claims = reply.claims
                #expect((claims["scp"] as? String)?.contains("User.Read") == true)
                #expect(claims["tid"] as? String == Publisher.tenant)
                #expect(claims["upn"] as? String == "ada@publisher.example")
                #expect(claims["idtyp"] as? String == "user")
                #expect(claims["appid"] as? String == Device.client)
                #expect((claims["wids"] as? [String])?.first == "62e90394-69f5-4237-9190-012177145e10")
                #expect(claims["roles"] == nil)
                #expect(try await device.poll().json["error"] as? String == "bad_verification_code")
            }
        }
    }

    @Test("A refusal, a code past its time, and a code nobody gave out")
    func otherOutcomes() async throws {
        try await Publisher.run { publisher in
            let declined = try await Device(publisher.cloud)
            #expect(try await declined.decide("decline").json["outcome"] as? String == "declined")
            #expect(try await declined.poll().json["error"] as? String == "authorization_declined")
            #expect(try await declined.decide("approve").status == 404)
            let late = try await Device(publisher.cloud)
            publisher.cloud.clock.advance(seconds: 899)
            #expect(try await late.poll().json["error"] as? String == "authorization_pending")
            publisher.cloud.clock.advance(seconds: 1)
            let expired = try await late.poll()
            #expect(expired.json["error"] as? String == "expired_token")
            #expect(expired.code == 70020)
            #expect(try await late.decide("approve").status == 404)
            let unknown = try await late.poll(["device_code": "nonsense"])
            #expect(unknown.json["error"] as? String == "bad_verification_code")
            #expect(unknown.code == 70000)
            let other = try await Device(publisher.cloud)
            let thief = try await other.poll(["client_id": "04b07795-8ddb-461a-bbee-02f9e1bf7b46"])
            #expect(thief.json["error"] as? String == "bad_verification_code")
        }
    }

    @Test(
        "A request that names no public client or no scope that exists is refused",
        arguments: [
            (["client_id": nil], 900_144), (["scope": nil], 900_144), (["client_id": "x"], 700_016),
            (["client_id": Publisher.customer], 700_016), (["client_id": Publisher.App.plain.rawValue], 7_000_218),
            (["scope": "Moon.Read"], 650_053), (["scope": "https://vault.azure.net/.default"], 70011),
        ] as [([String: String?], Int)])
    func refused(changes: [String: String?], code: Int) async throws {
        try await Publisher.run { publisher in
            let reply = try await Device.ask(publisher.cloud, changes)
            #expect(reply.code == code)
            #expect(try await Device.ask(publisher.cloud, tenant: "nobody.example").code == 90002)
        }
    }

    @Test("An application that says it is a public client may sign users in too")
    func publicClient() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let (_, appID) = try await publisher.registered(graph, ["isFallbackPublicClient": true])
            for client in [appID, Publisher.ownedID] {
                #expect(try await Device.ask(publisher.cloud, ["client_id": client]).status == 200)
            }
        }
    }

    @Test("A person types the code, sees what is asked, picks an account and decides")
    func page() async throws {
        try await Publisher.run { publisher in
            let cloud = publisher.cloud
            let page = "\(cloud.login)/devicelogin"
            let empty = try await cloud.wire.get(page)
            #expect(empty.status == 200)
            #expect(empty.header("content-security-policy")?.contains("default-src 'none'") == true)
            #expect(!empty.text.contains("<script"))
            #expect(try await cloud.wire.post(page, form: [("user_code", "WRONG")]).status == 400)
            let device = try await Device(cloud)
            let typed = " \(device.userCode.lowercased())"
            let choice = try await cloud.wire.post(page, form: [("user_code", typed)])
            #expect(choice.text.contains("Microsoft Graph Command Line Tools"))
            #expect(choice.text.contains("appy@publisher.example"))
            #expect(try await device.poll().json["error"] as? String == "authorization_pending")
            let foreign = try await cloud.wire.post(
                page,
                form: [
                    ("user_code", device.userCode), ("other_account", "admin@customer.example"),
                    ("decision", "approve"),
                ])
            #expect(foreign.status == 400)
            #expect(foreign.text.contains("AADSTS50020"))
            let done = try await cloud.wire.post(
                page,
                form: [
                    ("user_code", device.userCode), ("account", "appy@publisher.example"), ("decision", "approve"),
                ])
            #expect(done.status == 200)
            #expect(try await device.poll().claims["upn"] as? String == "appy@publisher.example")
            let second = try await Device(cloud)
            _ = try await cloud.wire.post(
                page,
                form: [
                    ("user_code", second.userCode), ("account", "appy@publisher.example"), ("decision", "decline"),
                ])
            #expect(try await second.poll().json["error"] as? String == "authorization_declined")
        }
    }

    @Test("The control plane decides for whoever is named, and lists what waits")
    func control() async throws {
        try await Publisher.run { publisher in
            let shared = try await Device(publisher.cloud, tenant: "organizations")
            #expect(try await shared.decide("approve").status == 400)
            #expect(try await shared.decide("approve", user: "nobody@publisher.example").status == 404)
            #expect(try await shared.decide("ponder").status == 400)
            let list = try await publisher.cloud.wire.control("GET", "/device")
            #expect(!list.text.contains(shared.deviceCode))
            let entry = (list.json["sign_ins"] as? [[String: Any]])?.first
            #expect(entry?["user_code"] as? String == shared.userCode)
            #expect(entry?["state"] as? String == "waiting")
            let decided = try await shared.decide("approve", user: "norm@publisher.example")
            #expect(decided.json["tenant"] as? String == Publisher.tenant)
            #expect(try await shared.poll(tenant: "organizations").status == 200)
            let own = try await Device(publisher.cloud)
            #expect(try await own.decide("approve", user: "admin@customer.example").status == 409)
        }
    }
}
