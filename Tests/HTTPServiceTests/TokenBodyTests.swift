import Foundation
import NIOCore
import Tenancy
import TestSupport
import Testing

@testable import HTTPService

@Suite("Bodies of the token route")
struct TokenBodyTests {
    private func plain(_ text: String) -> TokenWish? { TokenWish(plain: ByteBuffer(string: text)) }

    private func decoded(_ text: String) throws -> TokenWish {
        try JSONBody.decode(TokenWish.self, ByteBuffer(string: text))
    }

    @Test(
        "The plain form is read by hand as the decoder reads it",
        arguments: [
            #"{"tenant":"a.example"}"#, #" { "tenant" : "a.example" , "resource":"api://x","app":"crm" } "#,
            "{\n\t\"min_valid_s\":0,\r\n\"tenant\":\"a\"}", #"{"tenant":"a","min_valid_s":86400,"not":"sha256:0"}"#,
            #"{"tenant":"","claims":"eyJ9"}"#,
        ])
    func plainForm(_ text: String) throws {
        let (plain, decoded) = (try #require(self.plain(text)), try self.decoded(text))
        #expect(plain.tenant == decoded.tenant)
        #expect(plain.resource == decoded.resource)
        #expect(plain.app == decoded.app)
        #expect(plain.minValidS == decoded.minValidS)
        #expect(plain.not == decoded.not)
        #expect(plain.claims == decoded.claims)
    }

    @Test(
        "Everything else is left to the decoder",
        arguments: [
            "", "{}", "[]", #"{"tenant":"a"#, #"{"tenant":"a"}}"#, #"{"tenant":"a",}"#, #"{"tenant":"a"} x"#,
            #"{"tenant":"a","tenant":"b"}"#, #"{"tenant":null}"#, #"{"tenant":"a","app":null}"#,
            #"{"tenant":"\u0061"}"#, "{\"tenant\":\"\u{e4}\"}", "{\"tenant\":\"a\nb\"}", #"{"tenant":"a","x":"y"}"#,
            #"{"tenant":"a","min_valid_s":01}"#, #"{"tenant":"a","min_valid_s":-1}"#,
            #"{"tenant":"a","min_valid_s":1.5}"#, #"{"tenant":"a","min_valid_s":1e3}"#,
            #"{"tenant":"a","min_valid_s":1234567890}"#, #"{"tenant":"a","min_valid_s":"1"}"#,
            #"{"tenant":"a","claims":{}}"#, #"{"app":"a"}"#, #"{tenant:"a"}"#, #"{"tenant" "a"}"#,
        ])
    func otherForms(_ text: String) {
        #expect(plain(text) == nil)
    }

    @Test("What the decoder takes beyond is taken: escapes, other members, null")
    func decoderForms() throws {
        let wish = try decoded(#"{"tenant":"\u0061\/b","future":[1],"app":null,"claims":{"xms_cc":{"aB_c":1.50}}}"#)
        #expect(wish.tenant == "a/b" && wish.app == nil)
        #expect(wish.claims == .object(["xms_cc": .object(["aB_c": .number(1.5)])]))
    }

    @Test(
        "Any text comes through as a JSON string",
        arguments: [
            "", "plain", #"a"b\c"#, "\u{0}\u{1f}\u{7f}", "line\nfeed\ttab\r", "ümlaut 漢字 🎉", "</script>", "\u{2028}",
        ])
    func escaping(_ text: String) throws {
        var buffer = ByteBuffer()
        buffer.writeJSON(text)
        let bytes = Data(buffer.readableBytesView)
        #expect(try JSONDecoder().decode([String].self, from: "[".utf8 + bytes + "]".utf8) == [text])
    }

    @Test(
        "Instants are written as everywhere in this API",
        arguments: [
            0, 1_800_000_000, 951_782_399, 951_782_400, 951_868_800, 4_107_542_399, 1_709_164_800.999, 253_402_300_799,
        ])
    func instants(_ seconds: Double) {
        let date = Date(timeIntervalSince1970: seconds)
        #expect(date.internetText == date.formatted(.iso8601))
    }

    @Test("The reply is what the encoder would have written, and its life counts by the steady clock")
    func reply() throws {
        let key = TokenKey(
            cloud: .public, tenant: TenantID(guid(1)), clientID: ClientID(guid(900)), resource: ScriptedEntra.graph)
        let claims = #"{"tid":"\#(guid(1))","appid":"\#(guid(900))","aud":"https://graph.microsoft.com"}"#
        let jwt = "e30.\(Base64URL.encode(claims.utf8)).sig\"nature"
        let received = Moment(date: ManualClock.start, steady: 100)
        let token = try UnverifiedToken(
            value: Secret(jwt), digest: .of(jwt), receivedAt: received, lifetime: 3_600
        ).checked(for: key)
        // Somebody has set the clock an hour ahead; ten seconds have passed.
        let now = Moment(date: ManualClock.start + 3_610, steady: 110)
        let reply = TokenAnswer(token: token, key: key, now: now)
        let expected: [String: JSONValue] = [
            "access_token": .string(jwt), "token_type": .string("Bearer"), "expires_in": .number(3_590),
            "expires_at": .string("2027-01-15T10:00:00Z"), "digest": .string(TokenDigest.of(jwt).description),
            "tenant": .string("\(guid(1))"), "resource": .string("https://graph.microsoft.com"),
        ]
        #expect(String(buffer: reply.body) == (try JSONBody.text(expected)))
    }
}
