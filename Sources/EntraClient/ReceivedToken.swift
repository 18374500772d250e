import FoundationEssentials
import OpenSSLCrypto
import Tenancy

extension UnverifiedToken {
    /// A token that has just come off the wire.
    ///
    /// - Parameters:
    ///   - expiresIn: seconds, as the reply says; what is longer than a week is not believed.
    ///   - refreshIn: seconds, of long-lived tokens.
    ///   - trace: the authority's ids of the reply.
    /// - Returns: `nil` when it has no life, or the text is no `b64token` (RFC 6750 section 2.1): it could not be sent,
    ///   or would smuggle a line into a header.
    init?(
        received text: String, expiresIn: TimeInterval, refreshIn: TimeInterval? = nil, trace: AuthorityTrace? = nil,
        at moment: Moment
    ) {
        guard !text.isEmpty, text.utf8.allSatisfy(Self.isPartOfToken), expiresIn > 0,
            let digest = TokenDigest(Digest.sha256(Array(text.utf8)))
        else { return nil }
        self.init(
            value: Secret(text), digest: digest, receivedAt: moment, lifetime: min(expiresIn, 86_400 * 7),
            refreshIn: refreshIn, trace: trace)
    }

    private static func isPartOfToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "-._~+/=".utf8.contains(byte)
        }
    }
}
