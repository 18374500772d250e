import Crypto
import CryptoExtras
import FoundationEssentials

/// The JWT with which the holder of one key of an application adds or removes another (Graph: application, addKey).
struct KeyProof {
    /// The retired Azure AD Graph, whose audience the proof still names.
    static let audience = "00000002-0000-0000-c000-000000000000"
    /// The longest a proof may live.
    static let lifetimeSeconds: Double = 600
    private static let toleranceSeconds: Double = 5

    private let token: CompactToken

    init(_ text: String?) throws(GraphError) {
        guard let text else {
            throw .badRequest("A value is required for parameter 'proof' of method 'addKey' or 'removeKey'.")
        }
        guard let token = CompactToken(text) else { throw Self.refused }
        self.token = token
    }

    /// Checks that a certificate which is registered and valid signed it, for this application, a moment ago.
    func verify(for app: AppRegistration, now: Date) throws(GraphError) {
        let keys = app.keys.registered().filter { $0.isLive(at: now) && $0.certificate.publicKey != nil }
        guard !keys.isEmpty else {
            throw .badRequest("The application has no valid key credential to prove possession of.")
        }
        let named = (token.header["x5t#S256"] ?? token.header["x5t"] ?? token.header["kid"])?.text
            .flatMap { Base64Text.decode($0) }
        let signed = keys.contains { key in
            (key.certificate.sha1 == named || key.certificate.sha256 == named) && isSigned(by: key.certificate)
        }
        guard signed, token.claims["aud"]?.text == Self.audience, token.claims["iss"]?.text == app.objectID.text else {
            throw Self.refused
        }
        guard let starts = token.time("nbf"), let ends = token.time("exp"),
            ends <= starts + Self.lifetimeSeconds + Self.toleranceSeconds
        else { throw Self.refused }
        let instant = now.timeIntervalSince1970
        guard starts - ClientAssertion.skewSeconds <= instant, instant < ends + Self.toleranceSeconds else {
            throw Self.refused
        }
    }

    private func isSigned(by certificate: RegisteredCertificate) -> Bool {
        let padding: _RSA.Signing.Padding
        switch token.header["alg"]?.text {
        case "RS256": padding = .insecurePKCS1v1_5
        case "PS256": padding = .PSS
        default: return false
        }
        let signature = _RSA.Signing.RSASignature(rawRepresentation: token.signature)
        return certificate.publicKey?.isValidSignature(
            signature, for: SHA256.hash(data: token.signingInput), padding: padding) ?? false
    }

    /// Graph says no more than this, whatever is wrong with a proof.
    private static let refused = GraphError(
        status: 401, code: "Authentication_MissingOrMalformed", message: "Access Token missing or malformed.")
}
