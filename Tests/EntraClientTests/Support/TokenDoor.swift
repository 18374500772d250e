import CurlHTTP
import EntraClient
import Foundation
import Tenancy
import Testing

/// The client-credentials grant over a scripted network.
struct TokenDoor: Sendable {
    let transport: ScriptedTransport
    private let endpoint: ClientCredentialsEndpoint

    init(_ transport: ScriptedTransport, table: CloudTable = .microsoft, clock: WallClock = .standing) {
        self.transport = transport
        endpoint = ClientCredentialsEndpoint(
            transport: transport, table: table, authentication: .sample(at: clock), clock: clock)
    }

    init(_ answers: ScriptedTransport.Answer...) {
        self.init(ScriptedTransport { _, number in answers[min(number, answers.count) - 1] })
    }

    var requests: [CurlRequest] { transport.requests }

    static let secret = ClientCredential.secret(Secret("s3cr3t~&=+ %"))

    @discardableResult
    func ask(_ key: TokenKey = .sample, with credential: ClientCredential = secret) async throws -> AccessToken {
        try await endpoint.prepare(key, claims: nil, with: credential)()
    }

    /// Asks for the sake of what is sent: the one token that is scripted may be another key's.
    func send(_ key: TokenKey, with credential: ClientCredential = secret) async throws {
        do {
            try await ask(key, with: credential)
        } catch let error as TokenError {
            guard case .mismatch = error.reason else { throw error }
        }
    }

    /// Asks, expects to be refused, and tells why.
    func refusal(with credential: ClientCredential = secret) async -> TokenError? {
        await #expect(throws: TokenError.self) { try await ask(with: credential) }
    }
}

extension ClientAuthentication {
    static func sample(at clock: WallClock) -> ClientAuthentication {
        ClientAuthentication(federation: NoAssertions(), signingThreads: 2, clock: clock, randomness: .counting())
    }
}

/// Nobody federates here.
struct NoAssertions: AssertionProvider {
    func assertion(from source: AssertionSource) async throws(AssertionError) -> Secret<String> {
        throw AssertionError("is not to be had")
    }
}

/// What Entra answers.
enum Replies {
    static func token(_ expiresIn: String = "3599", type: String = "Bearer", value: String = jwt)
        -> ScriptedTransport.Answer
    {
        .json(
            200,
            #"{"token_type":"\#(type)","expires_in":\#(expiresIn),"ext_expires_in":3599,"access_token":"\#(value)"}"#)
    }

    static func error(
        _ status: Int, _ error: String, _ code: Int, headers: [(name: String, value: String)] = []
    ) -> ScriptedTransport.Answer {
        .json(
            status,
            """
            {"error":"\(error)","error_description":"AADSTS\(code): Something.\\r\\nTrace ID: \(guid(5))",\
            "error_codes":[\(code)],"timestamp":"2026-11-23 10:00:00Z","trace_id":"\(guid(5))",\
            "correlation_id":"\(guid(6))","error_uri":"https://login.microsoftonline.com/error?code=\(code)"}
            """, headers: headers)
    }

    /// A token whose claims fit the sample key.
    static let jwt = jwt()

    static func jwt(tenant: Int = 1, client: Int = 9, audience: String = "https://graph.microsoft.com") -> String {
        let claims =
            #"{"tid":"\#(tenantID(tenant))","appid":"\#(guid(client))","aud":"\#(audience)","roles":["User.Read.All"]}"#
        return "\(Base64URL.encode("{}".utf8)).\(Base64URL.encode(claims.utf8)).c2ln"
    }

    /// The body that grants a token.
    static func grant(_ jwt: String) -> String {
        #"{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"\#(jwt)"}"#
    }
}
