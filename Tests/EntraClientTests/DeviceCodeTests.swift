import CurlHTTP
import EntraClient
import Foundation
import Tenancy
import Testing

@Suite("Device code")
struct DeviceCodeTests {
    private func client(_ answer: ScriptedTransport.Answer) -> DeviceCodeClient {
        DeviceCodeClient(
            client: ClientID(guid(9)), transport: ScriptedTransport(answer), table: .microsoft, clock: .standing)
    }

    @Test("lasts as long as it says, as a number or a string", arguments: ["900", "\"900\""])
    func lifetime(_ seconds: String) async throws {
        let reply = ScriptedTransport.Answer.json(
            200,
            #"{"device_code":"d","user_code":"U","verification_uri":"https://a.example","interval":\#(seconds),"#
                + #""expires_in":\#(seconds),"unknown":{}}"#)
        let code = try await client(reply).begin(cloud: .public, tenant: tenantID(1), scopes: ["User.Read"])
        #expect(code.expiresAt == testTime + 900)
        #expect(code.interval == 60, "never longer than a minute")
    }

    private func poll(_ answer: ScriptedTransport.Answer) async throws -> DevicePoll {
        let code = DeviceCode(
            code: Secret("d"), userCode: "U", address: "https://a.example", expiresAt: testTime + 900, interval: 5)
        return try await client(answer).poll(code, cloud: .public, tenant: tenantID(1))
    }

    @Test("brings a token that lives as long as it says, as a number or a string", arguments: ["3599", "\"3599\""])
    func token(_ seconds: String) async throws {
        let poll = try await poll(
            .json(200, #"{"expires_in":\#(seconds),"access_token":"a","token_type":"Bearer"}"#))
        guard case .token = poll else {
            Issue.record("it was taken for \(poll)")
            return
        }
    }

    @Test(
        "takes no token from a reply that could be read in two ways, is an error, or is no JSON",
        arguments: [
            .json(200, #"{"expires_in":9,"access_token":"a","access_token":"b","token_type":"Bearer"}"#),
            .json(200, #"{"expires_in":9,"access_token":"a","access\u005ftoken":"b","token_type":"Bearer"}"#),
            .json(200, #"{"expires_in":9,"access_token":"a","token_type":"mac"}"#),
            .json(200, #"{"expires_in":9,"access_token":"a","token_type":"Bearer","error":"server_error"}"#),
            .json(200, #"{"expires_in":0,"access_token":"a","token_type":"Bearer"}"#),
            .json(200, #"{"expires_in":9,"access_token":"a b","token_type":"Bearer"}"#), .json(200, ""),
            .reply(
                CurlResponse(
                    status: 200, headers: [("Content-Type", "text/html")],
                    body: Array(#"{"expires_in":9,"access_token":"a","token_type":"Bearer"}"#.utf8))),
        ] as [ScriptedTransport.Answer])
    func flawed(_ answer: ScriptedTransport.Answer) async {
        let error = await #expect(throws: SignInError.self) { try await poll(answer) }
        guard case .unavailable = error else {
            Issue.record("it was taken for \(String(describing: error))")
            return
        }
    }
}
