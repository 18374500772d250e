import Foundation
import Synchronization
import Tenancy

/// The authority's token endpoint, answering as the test says, and remembering what it was asked.
final class ScriptedTokenEndpoint: TokenEndpoint {
    enum Answer: Sendable {
        case token(UnverifiedToken)
        case error(TokenError.Reason, aadsts: Int? = nil)
    }

    private let asked = Mutex<[TokenKey]>([])
    private let flaw = Mutex<@Sendable (TokenKey) -> Bool>({ _ in false })
    private let answer: @Sendable (_ key: TokenKey, _ call: Int, _ credential: ClientCredential) async throws -> Answer

    /// - Parameter answer: gets the key and the number of the call, counted from 1.
    init(_ answer: @escaping @Sendable (_ key: TokenKey, _ call: Int) async throws -> Answer) {
        self.answer = { key, call, _ in try await answer(key, call) }
    }

    /// - Parameter answer: gets the text of the secret, or the bytes of the certificate as text.
    static func byCredential(
        _ answer: @escaping @Sendable (_ key: TokenKey, _ credential: String) async throws -> Answer
    ) -> ScriptedTokenEndpoint {
        ScriptedTokenEndpoint(judging: { key, _, credential in
            switch credential {
            case .secret(let secret): try await answer(key, secret.exposed)
            case .certificate(let der, _): try await answer(key, String(decoding: der, as: UTF8.self))
            case .federated(let source): try await answer(key, source.label)
            }
        })
    }

    private init(judging answer: @escaping @Sendable (TokenKey, Int, ClientCredential) async throws -> Answer) {
        self.answer = answer
    }

    /// Grants every role of the sample release, each time with another token.
    static func granting(at clock: ManualClock = ManualClock(), lifetime: TimeInterval = 3_600) -> ScriptedTokenEndpoint
    {
        ScriptedTokenEndpoint { key, call in
            .token(try TestToken(key, mark: "call \(call)").living(lifetime).unverified(at: clock.now))
        }
    }

    static func refusing(_ reason: TokenError.Reason, aadsts: Int? = nil) -> ScriptedTokenEndpoint {
        ScriptedTokenEndpoint { _, _ in .error(reason, aadsts: aadsts) }
    }

    /// Says for which keys no proof can be made, so that no request leaves.
    var refusesCredential: @Sendable (TokenKey) -> Bool {
        get { flaw.withLock { $0 } }
        set { flaw.withLock { $0 = newValue } }
    }

    var calls: [TokenKey] { asked.withLock { $0 } }

    func prepare(
        _ key: TokenKey, claims: ClaimsChallenge?, with credential: ClientCredential
    ) async throws(TokenError) -> PreparedTokenRequest {
        if flaw.withLock({ $0 })(key) { throw TokenError(key, .credentialUnusable("scripted")) }
        return { () async throws(TokenError) in try await self.ask(key, with: credential) }
    }

    private func ask(_ key: TokenKey, with credential: ClientCredential) async throws(TokenError) -> AccessToken {
        let call = asked.withLock { asked in
            asked.append(key)
            return asked.count
        }
        let reply: Answer
        do {
            reply = try await answer(key, call, credential)
        } catch {
            throw TokenError(key, .unavailable("the test's own script failed: \(error)"))
        }
        switch reply {
        case .token(let token): return try token.checked(for: key)
        case .error(let reason, let aadsts):
            throw TokenError(key, reason, trace: aadsts.map { AuthorityTrace(aadsts: $0) })
        }
    }
}
