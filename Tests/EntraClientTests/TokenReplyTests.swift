import CurlHTTP
import EntraClient
import Foundation
import Tenancy
import Testing

@Suite("Token reply")
struct TokenReplyTests {
    @Test(
        "gives a token that lives as long as it says, as a number or a string",
        arguments: ["3599", "\"3599\"", "3599.0", "\"3599.0\""])
    func lifetime(_ expiresIn: String) async throws {
        let token = try await TokenDoor(Replies.token(expiresIn)).ask()
        #expect(token.value.exposed == Replies.jwt)
        #expect(token.expiresAt == testTime + 3_599 && token.acquiredAt.date == testTime)
    }

    @Test(
        "may call its type as it likes to spell it, and hold what nobody knows",
        arguments: ["Bearer", "bearer", "BEARER"])
    func lenient(_ type: String) async throws {
        try await TokenDoor(Replies.token(type: type)).ask()
    }

    @Test("is never believed to live longer than a week")
    func longLife() async throws {
        let token = try await TokenDoor(Replies.token("1e12")).ask()
        #expect(token.expiresAt <= testTime + 7 * 86_400)
    }

    @Test(
        "that is no token is passing trouble",
        arguments: [
            .json(200, ""), .json(200, "<html>"), .json(200, "{}"), .json(200, "[]"), .json(200, "null"),
            Replies.token(value: ""), Replies.token("0"), Replies.token("-1"), Replies.token("\"soon\""),
            Replies.token("null"), Replies.token("true"), Replies.token("\"nan\""), Replies.token("\"inf\""),
            Replies.token(type: "mac"), .json(200, #"{"access_token":"a","expires_in":1}"#),
            .reply(CurlResponse(status: 200, headers: [], body: [0xff, 0xfe])), .json(204, ""), .json(302, ""),
            .json(201, #"{"token_type":"Bearer","expires_in":3599,"access_token":"a"}"#),
            Replies.token("1e400"), Replies.token("\"0x1p4000\""), Replies.token("[3599]"), Replies.token("\"\""),
            // What no header can carry.
            Replies.token(value: #"a.b.c\r\nX-Evil: 1"#), Replies.token(value: "a.b.ü"), Replies.token(value: "a b"),
            // What two readers could read in two ways.
            .json(200, #"{"token_type":"Bearer","expires_in":3599,"access_token":"a.b.c","access_token":"d.e.f"}"#),
            .json(
                200, #"{"token_type":"Bearer","expires_in":3599,"access_token":"a.b.c","access\u005ftoken":"d.e.f"}"#),
            .json(200, #"{"token_type":"Bearer","expires_in":3599,"expires_in":9,"access_token":"a.b.c"}"#),
            .json(200, #"[{"token_type":"Bearer","expires_in":3599,"access_token":"a.b.c"}]"#),
            // An error with the status of success, with a token and without one.
            .json(200, #"{"token_type":"Bearer","expires_in":3599,"access_token":"a.b.c","error":"server_error"}"#),
            .json(200, #"{"error":"invalid_client","error_codes":[7000215]}"#),
        ] as [ScriptedTransport.Answer])
    func garbage(_ answer: ScriptedTransport.Answer) async {
        await expectTrouble(answer)
    }

    @Test(
        "that does not call itself JSON is passing trouble, whatever it holds",
        arguments: ["text/html", "text/html; charset=utf-8", "text/plain", "application/jsonp", "", nil])
    func contentType(_ type: String?) async {
        let body = #"{"token_type":"Bearer","expires_in":3599,"access_token":"a.b.c"}"#
        await expectTrouble(
            .reply(
                CurlResponse(
                    status: 200, headers: type.map { [("Content-Type", $0)] } ?? [], body: Array(body.utf8))))
    }

    private func expectTrouble(_ answer: ScriptedTransport.Answer) async {
        let error = await TokenDoor(answer).refusal()
        guard case .unavailable = error?.reason else {
            Issue.record("it was taken for \(String(describing: error?.reason))")
            return
        }
        #expect(error?.problem.isRetryable == true)
    }

    @Test("that holds another's token is told with the authority's ids of that very reply")
    func trace() async throws {
        let ids = [("client-request-id", guid(6).description), ("x-ms-request-id", guid(5).description)]
        let door = TokenDoor(
            .json(
                200, #"{"token_type":"Bearer","expires_in":3599,"access_token":"\#(Replies.jwt)"}"#, headers: ids))
        let other = TokenKey(cloud: .public, tenant: tenantID(2), clientID: ClientID(guid(9)), resource: graph)
        let error = await #expect(throws: TokenError.self) { try await door.ask(other) }
        #expect(error?.reason == .mismatch("tid"))
        #expect(
            error?.trace
                == AuthorityTrace(aadsts: nil, correlationID: guid(6).description, traceID: guid(5).description))
    }

    @Test(
        "that redirects is not followed: the secret goes to the token endpoint only", arguments: [301, 302, 307, 308])
    func redirect(_ status: Int) async {
        let door = TokenDoor(.json(status, "", headers: [("Location", "https://evil.example/token")]))
        _ = await door.refusal()
        #expect(door.requests.allSatisfy { $0.url.hasPrefix("https://login.microsoftonline.com/") })
    }
}
