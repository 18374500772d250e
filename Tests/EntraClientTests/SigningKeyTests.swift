import CurlHTTP
import EntraClient
import Foundation
import Tenancy
import Testing

@Suite("Signing keys of an authority")
struct SigningKeyTests {
    private func door(
        signedBy key: AuthorityKey, keys: @escaping @Sendable (Int) -> ScriptedTransport.Answer
    ) throws -> SignInDoor {
        // Valid for days, so that the clock can move.
        let claims = Claims.sample.with("exp", "\(Int(testTime.timeIntervalSince1970) + 900_000)")
        let token = try key.token(claims)
        return SignInDoor(answer: { _ in .idToken(token) }, keys: keys)
    }

    private static func document(_ keys: String...) -> ScriptedTransport.Answer {
        .json(200, #"{"keys":[\#(keys.joined(separator: ","))]}"#)
    }

    @Test("are fetched once for a day")
    func day() async throws {
        let key = try await AuthorityKey.first.value
        let door = try door(signedBy: key) { _ in Self.document(key.jwk()) }
        for _ in 1...3 { _ = try await door.redeem() }
        door.clock.advance(86_399)
        _ = try await door.redeem()
        #expect(door.fetches == 1)
        door.clock.advance(1)
        _ = try await door.redeem()
        #expect(door.fetches == 2)
    }

    @Test("are fetched once for many who come at the same time")
    func crowd() async throws {
        let key = try await AuthorityKey.first.value
        let door = try door(signedBy: key) { _ in Self.document(key.jwk()) }
        try await withThrowingTaskGroup { group in
            for _ in 1...20 { group.addTask { try await door.redeem() } }
            try await group.waitForAll()
        }
        #expect(door.fetches == 1)
    }

    @Test("are fetched anew for a key that is not among them: a roll-over breaks no sign-in")
    func rollOver() async throws {
        let (old, new) = (try await AuthorityKey.first.value, try await AuthorityKey.second.value)
        let claims = Claims.sample.with("exp", "\(Int(testTime.timeIntervalSince1970) + 900_000)")
        let tokens = (try old.token(claims), try new.token(claims))
        let door = SignInDoor(
            answer: { $0.form.contains("code=new") ? .idToken(tokens.1) : .idToken(tokens.0) },
            keys: { $0 == 1 ? Self.document(old.jwk()) : Self.document(old.jwk(), new.jwk()) })
        _ = try await door.redeem("old")
        door.clock.advance(300)
        _ = try await door.redeem("new")
        _ = try await door.redeem("old")
        #expect(door.fetches == 2)
    }

    @Test("are not fetched again for an unknown key within five minutes")
    func pause() async throws {
        let (known, unknown) = (try await AuthorityKey.first.value, try await AuthorityKey.second.value)
        let door = try door(signedBy: unknown) { _ in Self.document(known.jwk()) }
        for _ in 1...3 { #expect(await door.refusal() == .unverifiable(.unknownKey)) }
        door.clock.advance(299)
        #expect(await door.refusal() == .unverifiable(.unknownKey))
        #expect(door.fetches == 1)
        door.clock.advance(1)
        #expect(await door.refusal() == .unverifiable(.unknownKey))
        #expect(door.fetches == 2)
    }

    @Test(
        "that cannot be had, or are none, prove nothing, and are asked for again the next time",
        arguments: [
            .failure(.timedOut), .json(500, "{}"), .json(404, "{}"), .json(200, "{}"), .json(200, "<html>"),
            .json(200, #"{"keys":{}}"#), .json(200, #"{"keys":[],"keys":[]}"#),
            .json(302, "", headers: [("Location", "https://evil.example/keys")]),
        ] as [ScriptedTransport.Answer])
    func unavailable(_ answer: ScriptedTransport.Answer) async throws {
        let key = try await AuthorityKey.first.value
        let door = try door(signedBy: key) { $0 == 1 ? answer : Self.document(key.jwk()) }
        let refusal = try #require(await door.refusal())
        #expect(refusal.problem.code == "authority_unavailable")
        #expect(!door.transport.requests.contains { $0.url.contains("evil") })
        _ = try await door.redeem()
    }

    @Test(
        "that are not for signing with RS256, or for another issuer, are passed over",
        arguments: [
            (#","use":"enc""#, false), (#","alg":"RS512""#, false), (#","use":"sig","alg":"RS256","x5c":["AA"]"#, true),
            ("", true), (#","issuer":"https://login.microsoftonline.com/{tenantid}/v2.0""#, true),
            (#","issuer":"https://login.microsoftonline.com/\#(tenantID(1))/v2.0""#, true),
            (#","issuer":"https://login.microsoftonline.com/\#(tenantID(2))/v2.0""#, false),
            (#","issuer":"https://login.microsoftonline.us/{tenantid}/v2.0""#, false), (#","issuer":7"#, false),
        ])
    func purposes(_ more: String, _ fits: Bool) async throws {
        let key = try await AuthorityKey.first.value
        let door = try door(signedBy: key) { _ in Self.document("7", "{}", #"{"kty":"EC","kid":"ec"}"#, key.jwk(more)) }
        #expect(await door.refusal() == (fits ? nil : .unverifiable(.unknownKey)))
    }

    @Test("of which two have the same id cannot be told apart, so neither is taken")
    func ambiguous() async throws {
        let (first, second) = (try await AuthorityKey.first.value, try await AuthorityKey.second.value)
        let door = try door(signedBy: first) { _ in
            Self.document(first.jwk(), first.jwk(modulus: second.modulus))
        }
        #expect(await door.refusal() == .unverifiable(.unknownKey))
    }

    @Test(
        "of too few bits, or that are no numbers of a key, verify nothing",
        arguments: [[], [1], [UInt8](repeating: 0x81, count: 128), [UInt8](repeating: 0x80, count: 256)])
    func unfit(_ modulus: [UInt8]) async throws {
        let key = try await AuthorityKey.first.value
        let door = try door(signedBy: key) { _ in Self.document(key.jwk(modulus: modulus)) }
        #expect(await door.refusal() == .unverifiable(.unfitKey))
    }
}
