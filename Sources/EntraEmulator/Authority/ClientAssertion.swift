import Crypto
import CryptoExtras
import FoundationEssentials

/// A client's own JWT, with which it proves to hold the key of a registered certificate.
struct ClientAssertion {
    /// Clocks may differ by this much (Microsoft: access tokens, clock skew).
    static let skewSeconds: Double = 300

    private let token: CompactToken

    init(_ text: String) throws(AuthorityError) {
        guard let token = CompactToken(text) else { throw .malformedAssertion("Token format not valid.") }
        self.token = token
    }

    /// Checks signature, audience, issuer and times.
    ///
    /// `jti` may repeat: SDKs send one assertion for minutes. `iat` and `nbf` may be missing.
    ///
    /// - Parameters:
    ///   - keys: the certificates that the replica which answers knows.
    ///   - audiences: what `aud` may be, for the tenant asked.
    /// - Returns: the key it was signed with.
    func verify(
        for app: AppRegistration, keys: [KeyCredential], audiences: Set<String>, now: Date
    ) throws(AuthorityError) -> KeyCredential {
        let key = try verifySignature(app, keys, now: now)
        let issuer = token.claims["iss"]?.text?.lowercased()
        let subject = token.claims["sub"]?.text?.lowercased()
        guard issuer == app.clientID.text, subject == app.clientID.text else { throw .assertionNotByClient }
        guard let audience = audience, audiences.contains(Self.normal(audience)) else {
            throw .assertionForAnotherAudience
        }
        try verifyTimes(now)
        return key
    }

    /// The form in which audiences are compared.
    static func normal(_ audience: String) -> String {
        let lower = audience.lowercased()
        return lower.hasSuffix("/") ? String(lower.dropLast()) : lower
    }

    private var audience: String? {
        switch token.claims["aud"] {
        case .string(let text): text
        case .array(let values) where values.count == 1: values[0].text
        default: nil
        }
    }

    private func verifySignature(
        _ app: AppRegistration, _ keys: [KeyCredential], now: Date
    ) throws(AuthorityError) -> KeyCredential {
        let padding: _RSA.Signing.Padding
        let named = try thumbprint()
        switch token.header["alg"]?.text {
        case "RS256": padding = .insecurePKCS1v1_5
        case "PS256": padding = .PSS
        default:
            throw .rejectedKey("Unsupported asymmetric signing algorithm.", thumbprint: named, app: app)
        }
        guard let named else {
            throw .malformedAssertion("No certificate thumbprint or keyId specified in token header.")
        }
        let found = keys.first { $0.certificate.sha1 == named || $0.certificate.sha256 == named }
        guard let found else { throw .rejectedKey("The key was not found.", thumbprint: named, app: app) }
        guard let key = found.certificate.publicKey else {
            throw .rejectedKey("Unsupported asymmetric signing algorithm.", thumbprint: named, app: app)
        }
        let span =
            "Found key 'Start=\(Timestamps.authority(found.starts)), End=\(Timestamps.authority(found.ends))'"
        guard found.isLive(at: now) else {
            throw .rejectedKey("The key used is expired., \(span)", thumbprint: named, app: app)
        }
        let signature = _RSA.Signing.RSASignature(rawRepresentation: token.signature)
        guard key.isValidSignature(signature, for: SHA256.hash(data: token.signingInput), padding: padding) else {
            throw .rejectedKey(
                "The provided signature value did not match the expected signature value., \(span)",
                thumbprint: named, app: app)
        }
        return found
    }

    /// The bytes of `x5t#S256`, else of `x5t`, whatever alphabet and padding they came in.
    private func thumbprint() throws(AuthorityError) -> [UInt8]? {
        guard let text = token.header["x5t#S256"]?.text ?? token.header["x5t"]?.text else { return nil }
        guard let bytes = Base64Text.decode(text) else {
            throw .malformedAssertion("The certificate thumbprint in the token header is not base64url.")
        }
        return bytes
    }

    private func verifyTimes(_ now: Date) throws(AuthorityError) {
        guard let expires = token.time("exp") else { throw .malformedAssertion("The claim 'exp' is missing.") }
        let starts = token.time("nbf") ?? token.time("iat") ?? 0
        let instant = now.timeIntervalSince1970
        guard instant < expires + Self.skewSeconds, starts - Self.skewSeconds <= instant else {
            throw .assertionOutsideItsTime(
                now: Timestamps.iso(now), from: Timestamps.iso(Date(timeIntervalSince1970: starts)),
                until: Timestamps.iso(Date(timeIntervalSince1970: expires)))
        }
    }
}
