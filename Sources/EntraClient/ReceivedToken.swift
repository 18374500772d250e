import FoundationEssentials
import OpenSSLCrypto
import Tenancy

extension UnverifiedToken {
    /// A token that has just come off the wire.
    ///
    /// - Parameters:
    ///   - expiresIn: seconds, as the reply says; what is longer than a week is not believed.
    ///   - refreshIn: seconds, of long-lived tokens.
    /// - Returns: `nil` when the text is empty or it has no life.
    init?(received text: String, expiresIn: TimeInterval, refreshIn: TimeInterval? = nil, at moment: Moment) {
        guard !text.isEmpty, expiresIn > 0, let digest = TokenDigest(Digest.sha256(Array(text.utf8))) else {
            return nil
        }
        self.init(
            value: Secret(text), digest: digest, receivedAt: moment, lifetime: min(expiresIn, 86_400 * 7),
            refreshIn: refreshIn)
    }
}
