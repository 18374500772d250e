import CurlHTTP
import HTTPService
import SQLiteStore
import Tenancy
import Testing

@Suite("Webhooks")
struct WebhookRouteTests {
    private let hook = #"{"url":"https://example.com/hooks?key=1","types":["consent.*","consent.*"]}"#

    @Test("One is added with a secret that is shown once, listed, disabled, enabled and removed")
    func life() async throws {
        try await withHouse { house in
            let client = try await house.api(as: .admin)
            let added = try await client.post("/v1/webhooks", hook)
            #expect(added.status == 201 && added.json["types"].elements.compactMap(\.string) == ["consent.*"])
            let secret = try #require(added.json["secret"].string)
            #expect(secret.hasPrefix("whsec_") && secret.count == 6 + 44)
            let path = "/v1/webhooks/\(added.json["id"].string ?? "")"
            let shown = try await client.get(path)
            #expect(shown.json["secret"] == .null && shown.json["state"].string == "enabled")
            #expect(try await client.get("/v1/webhooks").json["items"].elements == [shown.json])
            let ended = try await client.post(path + "/disable", "")
            #expect(ended.json["state"].string == "disabled" && ended.json["disabled_reason"].string == "by_hand")
            #expect(try await client.post(path + "/test", "").code == "webhook_disabled")
            #expect(try await client.post(path + "/replay", #"{"since":0}"#).code == "webhook_disabled")
            #expect(try await client.post(path + "/enable", "").json["disabled_reason"] == .null)
            let rotated = try await client.post(path + "/rotate-secret", "")
            #expect(rotated.status == 200 && rotated.json["secret"].string != secret)
            #expect(try await client.send(.delete, path).status == 204)
            #expect(try await client.send(.delete, path).status == 404)
            let audit = try await client.get("/v1/audit").text
            #expect(audit.contains("example.com") && !audit.contains("key=1") && !audit.contains("whsec_"))
            let types = try await client.get("/v1/events?type=webhook.*").json["items"].elements
            #expect(types.compactMap { $0["type"].string } == ["webhook.disabled", "webhook.enabled"])
        }
    }

    @Test(
        "What cannot be one is refused, with a reason",
        arguments: [
            (#"{"url":"http://example.com/"}"#, "webhook_url_invalid"),
            (#"{"url":"https://user:pw@example.com/"}"#, "webhook_url_invalid"),
            (#"{"url":"https://example.com/#x"}"#, "webhook_url_invalid"),
            (#"{"url":"https://"}"#, "webhook_url_invalid"), (#"{"url":""}"#, "webhook_url_invalid"),
            (#"{"url":"https://localhost/"}"#, "webhook_url_refused"),
            (#"{"url":"https://example.com","types":["Consent"]}"#, "event_type_invalid"),
            (#"{"url":"https://example.com","secret":"whsec_c2hvcnQ="}"#, "webhook_secret_invalid"),
            (#"{"types":["*"]}"#, "body_invalid"),
        ])
    func refused(body: String, code: String) async throws {
        try await withHouse { house in
            let reply = try await house.socket.post("/v1/webhooks", body)
            #expect(reply.status == 400 && reply.code == code)
            #expect(try await house.socket.get("/v1/webhooks").json["items"].elements.isEmpty)
        }
    }

    @Test("A test is put in line and can be looked at; a replay names one delivery or an event")
    func deliveries() async throws {
        try await withHouse { house in
            let client = house.socket
            let id = try #require(try await client.post("/v1/webhooks", hook).json["id"].string)
            let path = "/v1/webhooks/\(id)"
            let test = try await client.post(path + "/test", "")
            #expect(test.status == 202 && test.json["state"].string == "waiting")
            let delivery = try #require(test.json["id"].string)
            #expect(try await client.get("\(path)/deliveries/\(delivery)").json == test.json)
            #expect(try await client.get("\(path)/deliveries").json["items"].elements == [test.json])
            #expect(try await client.get("\(path)/deliveries?before=\(delivery)").json["items"].elements.isEmpty)
            #expect(try await client.get("\(path)/deliveries/msg_other").status == 404)
            let again = try await client.post(path + "/replay", #"{"delivery":"\#(delivery)"}"#)
            #expect(again.status == 202 && again.json["delivery"]["id"].string == delivery)
            #expect(try await client.post(path + "/replay", #"{"since":0}"#).json["since"].int == 0)
            for body in ["{}", #"{"since":-1}"#, #"{"since":1,"delivery":"msg_x"}"#] {
                #expect(try await client.post(path + "/replay", body).status == 400, "\(body)")
            }
        }
    }

    @Test("There are as many as there may be")
    func limit() async throws {
        try await withHouse { house in
            for _ in 1...WebhookKeeper.most {
                let added = try await house.socket.post("/v1/webhooks", hook)
                #expect(added.status == 201)
            }
            let refused = try await house.socket.post("/v1/webhooks", hook)
            #expect(refused.code == "webhook_limit")
        }
    }
}
