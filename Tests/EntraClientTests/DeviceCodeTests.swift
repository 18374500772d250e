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

    @Test("brings a token that lives as long as it says, as a number or a string", arguments: ["3599", "\"3599\""])
    func token(_ seconds: String) async throws {
        let reply = ScriptedTransport.Answer.json(
            200, #"{"expires_in":\#(seconds),"access_token":"a","token_type":"Bearer"}"#)
        let code = DeviceCode(
            code: Secret("d"), userCode: "U", address: "https://a.example", expiresAt: testTime + 900, interval: 5)
        let poll = try await client(reply).poll(code, cloud: .public, tenant: tenantID(1))
        guard case .token = poll else {
            Issue.record("it was taken for \(poll)")
            return
        }
    }
}
