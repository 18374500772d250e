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
        let token = try await TokenDoor(Replies.token(expiresIn)).ask().checked(for: .sample)
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
        let token = try await TokenDoor(Replies.token("1e12")).ask().checked(for: .sample)
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
        ] as [ScriptedTransport.Answer])
    func garbage(_ answer: ScriptedTransport.Answer) async {
        let error = await TokenDoor(answer).refusal()
        guard case .unavailable = error?.reason else {
            Issue.record("it was taken for \(String(describing: error?.reason))")
            return
        }
        #expect(error?.problem.isRetryable == true)
    }

    @Test(
        "that redirects is not followed: the secret goes to the token endpoint only", arguments: [301, 302, 307, 308])
    func redirect(_ status: Int) async {
        let door = TokenDoor(.json(status, "", headers: [("Location", "https://evil.example/token")]))
        _ = await door.refusal()
        #expect(door.requests.allSatisfy { $0.url.hasPrefix("https://login.microsoftonline.com/") })
    }
}
