import CurlHTTP
import EntraClient
import Foundation
import OpenSSLCrypto
import Tenancy
import Testing

@Suite("Identity token")
struct IdentityTokenTests {
    private typealias Flaw = AdministratorSignInError.Flaw

    private func refusal(_ token: String) async throws -> AdministratorSignInError? {
        await SignInDoor(token, keys: try await AuthorityKey.first.value.jwk()).refusal()
    }

    private func refusal(_ claims: Claims) async throws -> AdministratorSignInError? {
        try await refusal(try await AuthorityKey.first.value.token(claims))
    }

    /// Name, JSON in its place (nil: left out), flaw.
    private static let forgeries: [(String, String?, AdministratorSignInError.Flaw)] = [
        ("aud", #""\#(guid(8))""#, .audience), ("aud", nil, .audience), ("aud", #"["\#(guid(9))"]"#, .audience),
        ("aud", #""\#(guid(9)) ""#, .audience), ("aud", "null", .audience),
        ("tid", #""\#(tenantID(2))""#, .tenant), ("tid", nil, .tenant), ("tid", #""common""#, .tenant),
        ("tid", "1", .tenant),
        ("iss", #""https://login.microsoftonline.com/\#(tenantID(2))/v2.0""#, .issuer), ("iss", nil, .issuer),
        ("iss", #""https://login.microsoftonline.us/\#(tenantID(1))/v2.0""#, .issuer),
        ("iss", #""https://sts.windows.net/\#(tenantID(1))/""#, .issuer),
        ("iss", #""https://login.microsoftonline.com/\#(tenantID(1))/v2.0/""#, .issuer),
        ("iss", #""http://login.microsoftonline.com/\#(tenantID(1))/v2.0""#, .issuer),
        ("nonce", #""sample-nonc3""#, .nonce), ("nonce", nil, .nonce), ("nonce", #""""#, .nonce),
        ("nonce", #""sample-nonce2""#, .nonce), ("nonce", #"["sample-nonce"]"#, .nonce),
        ("oid", nil, .subject), ("oid", #""alex""#, .subject),
        ("oid", #""00000000-0000-0000-0000-000000000000""#, .subject),
        ("exp", nil, .malformed), ("exp", #""2000000000""#, .malformed), ("exp", "true", .malformed),
        ("iat", nil, .malformed), ("iat", "null", .malformed), ("nbf", #""now""#, .malformed),
        ("wids", #""62e90394-69f5-4237-9190-012177145e10""#, .malformed),
    ]

    @Test("with any one claim forged or left out proves nothing", arguments: forgeries)
    func forged(_ name: String, _ json: String?, _ flaw: AdministratorSignInError.Flaw) async throws {
        #expect(try await refusal(.sample.with(name, json)) == .unverifiable(flaw))
    }

    @Test("without a start is valid from its issue")
    func noStart() async throws {
        #expect(try await refusal(.sample.with("nbf", nil)) == nil)
    }

    @Test(
        "is taken within five minutes around its time, half-open",
        arguments: [
            ("exp", -299, nil), ("exp", -300, .expired), ("exp", -301, .expired),
            ("nbf", 299, nil), ("nbf", 300, nil), ("nbf", 301, .notYetValid),
            ("iat", 299, nil), ("iat", 300, nil), ("iat", 301, .notYetValid),
        ] as [(String, Int, AdministratorSignInError.Flaw?)])
    func times(_ name: String, _ seconds: Int, _ flaw: AdministratorSignInError.Flaw?) async throws {
        let instant = Int(testTime.timeIntervalSince1970) + seconds
        #expect(try await refusal(.sample.with(name, "\(instant)")) == flaw.map { .unverifiable($0) })
    }

    // MARK: Signature

    @Test("with an altered payload, header or signature proves nothing")
    func altered() async throws {
        let key = try await AuthorityKey.first.value
        let parts = try key.token(.sample).split(separator: ".").map(String.init)
        let payload = Base64URL.encode(Claims.sample.with("oid", #""\#(guid(41))""#).json.utf8)
        #expect(try await refusal("\(parts[0]).\(payload).\(parts[2])") == .unverifiable(.signature))
        let header = Base64URL.encode(#"{"alg":"RS256","kid":"first"}"#.utf8)
        #expect(try await refusal("\(header).\(parts[1]).\(parts[2])") == .unverifiable(.signature))
        let other = Base64URL.encode([UInt8](repeating: 1, count: 256))
        #expect(try await refusal("\(parts[0]).\(parts[1]).\(other)") == .unverifiable(.signature))
        #expect(try await refusal("\(parts[0]).\(parts[1]).") == .unverifiable(.signature))
    }

    @Test("signed by another key under the id of a published one proves nothing")
    func otherKey() async throws {
        let (first, second) = (try await AuthorityKey.first.value, try await AuthorityKey.second.value)
        let token = try second.token(header: #"{"alg":"RS256","kid":"first"}"#, payload: Claims.sample.json)
        #expect(await SignInDoor(token, keys: first.jwk()).refusal() == .unverifiable(.signature))
    }

    @Test(
        "under any other algorithm proves nothing, whatever signs it",
        arguments: [
            #""none""#, #""None""#, #""HS256""#, #""rs256""#, #""RS384""#, #""PS256""#, #""ES256""#, #""""#, "null",
            #"["RS256"]"#,
        ])
    func algorithms(_ algorithm: String) async throws {
        let key = try await AuthorityKey.first.value
        let header = #"{"typ":"JWT","alg":\#(algorithm),"kid":"first"}"#
        #expect(
            try await refusal(try key.token(header: header, payload: Claims.sample.json)) == .unverifiable(.algorithm))
        let message = "\(Base64URL.encode(header.utf8)).\(Base64URL.encode(Claims.sample.json.utf8))"
        let code = Digest.hmacSHA256(key: key.modulus, message: Array(message.utf8))
        for signature in ["", Base64URL.encode(code)] {
            #expect(try await refusal("\(message).\(signature)") == .unverifiable(.algorithm))
        }
    }

    @Test("without an algorithm or the id of its key proves nothing")
    func bareHeader() async throws {
        let key = try await AuthorityKey.first.value
        let claims = Claims.sample.json
        #expect(
            try await refusal(try key.token(header: #"{"kid":"first"}"#, payload: claims)) == .unverifiable(.algorithm))
        #expect(
            try await refusal(try key.token(header: #"{"alg":"RS256"}"#, payload: claims)) == .unverifiable(.unknownKey)
        )
        #expect(
            try await refusal(try key.token(header: #"{"alg":"RS256","kid":7}"#, payload: claims))
                == .unverifiable(.unknownKey))
    }

    @Test("never chooses the key or its place itself")
    func ownKey() async throws {
        let second = try await AuthorityKey.second.value
        let header = #"{"alg":"RS256","kid":"second","jku":"https://evil.example/keys","jwk":\#(second.jwk())}"#
        let token = try second.token(header: header, payload: Claims.sample.json)
        let door = SignInDoor(token, keys: try await AuthorityKey.first.value.jwk())
        #expect(await door.refusal() == .unverifiable(.unknownKey))
        #expect(door.transport.requests.allSatisfy { $0.url.hasPrefix("https://login.microsoftonline.com/") })
    }

    // MARK: Form

    @Test("in another form than three parts in their one spelling is none")
    func forms() async throws {
        let token = try await AuthorityKey.first.value.token(.sample)
        let parts = token.split(separator: ".").map(String.init)
        let forms = [
            "", ".", "..", "x", "\(parts[0]).\(parts[1])", "\(token).", "\(token).x",
            "\(parts[0])=.\(parts[1]).\(parts[2])",
            "\(parts[0]).\(parts[1])==.\(parts[2])", "\(token)=", " \(token)", "\(token)\\n",
            "\(parts[0])+.\(parts[1]).\(parts[2])",
            "\(parts[0]).*.\(parts[2])",
        ]
        for form in forms { #expect(try await refusal(form) == .unverifiable(.malformed), "\(form.count)") }
    }

    @Test(
        "whose payload is no object, or says something twice, proves nothing",
        arguments: [
            "", "null", "[]", #""text""#, "7", "{", #"{"a":1}}"#, "[{}]", "{}{}",
            Claims.sample.json.dropLast() + #","oid":"\#(guid(41))"}"#,
            Claims.sample.json.dropLast() + #","o\u0069d":"\#(guid(41))"}"#,
            Claims.sample.json.dropLast() + #","x":{"a":1,"a":2}}"#,
            String(repeating: "[", count: 9_000),
        ])
    func payloads(_ payload: String) async throws {
        let key = try await AuthorityKey.first.value
        let token = try key.token(header: #"{"alg":"RS256","kid":"first"}"#, payload: payload)
        #expect(try await refusal(token) == .unverifiable(.malformed))
    }

    @Test("may repeat a name in two objects, and hold braces and quotation marks in its texts")
    func harmlessTexts() async throws {
        let claims = Claims.sample.with("x", #"[{"a":1},{"a":{"a":"}\":{\\"}}]"#).with("y", #""oid\":""#)
        #expect(try await refusal(claims) == nil)
    }

    @Test(
        "whose header is no object, says something twice, or wants what nobody here understands, proves nothing",
        arguments: [
            "[]", "", #"{"alg":"RS256","alg":"none","kid":"first"}"#, #"{"alg":"RS256","kid":"first","kid":"second"}"#,
            #"{"alg":"RS256","kid":"first","crit":["b64"],"b64":false}"#,
        ])
    func headers(_ header: String) async throws {
        let key = try await AuthorityKey.first.value
        let token = try key.token(header: header, payload: Claims.sample.json)
        #expect(try await refusal(token) == .unverifiable(.malformed))
    }

    @Test("above 32 KiB is none")
    func size() async throws {
        let large = Claims.sample.with("x", #""\#(String(repeating: "x", count: 33_000))""#)
        #expect(try await refusal(large) == .unverifiable(.malformed))
        let fitting = Claims.sample.with("x", #""\#(String(repeating: "x", count: 22_000))""#)
        #expect(try await refusal(fitting) == nil)
    }

    @Test(
        "that is not in the reply proves nothing",
        arguments: ["{}", "[]", "", #"{"id_token":7}"#, #"{"id_token":null}"#])
    func absent(_ reply: String) async throws {
        let door = SignInDoor(answer: { _ in .json(200, reply) }, keys: { _ in .json(200, "{}") })
        #expect(await door.refusal() == .unverifiable(.malformed))
    }
}
