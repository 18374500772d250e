import OpenSSLCrypto
import Tenancy

/// The keys for each purpose, derived from the one key of the data directory.
struct KeyRing: Sendable {
    let credentials: SealingKey
    let tokens: SealingKey
    let webhooks: SealingKey
    private let states: SealingKey

    init(_ key: SealingKey) {
        credentials = key.derive("credential")
        tokens = key.derive("token")
        webhooks = key.derive("webhook")
        states = key.derive("consent state")
    }

    /// The `state` of an attempt: an HMAC over everything that is pinned, so that it need not be stored, and so that
    /// an attempt that was altered in the database has another state than the one in the customer's hands.
    func state(of attempt: ConsentAttempt) -> OneTimeState { mac(of: attempt) }

    /// The secrets of a sign-in after that attempt, each an HMAC over the same and its own purpose.
    func signIn(after attempt: ConsentAttempt) -> SignInBinding {
        SignInBinding(
            state: Secret("\(attempt.id).\(mac(of: attempt, "sign-in state").exposed)"),
            nonce: mac(of: attempt, "sign-in nonce"), codeVerifier: mac(of: attempt, "sign-in code verifier"),
            browser: mac(of: attempt, "sign-in browser"))
    }

    private func mac(of attempt: ConsentAttempt, _ purpose: String...) -> Secret<String> {
        let pinned = BoundData.encode(
            texts: [
                attempt.id.description, attempt.app.description, attempt.tenant.description, attempt.redirectURI,
            ] + purpose)
        return Secret(
            states.withBytes { Base64URL.encode(Digest.hmacSHA256(key: Array($0), message: pinned)) })
    }
}
