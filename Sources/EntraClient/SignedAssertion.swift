import FoundationEssentials
import OpenSSLCrypto
import Tenancy

/// The signed JWT by which an app proves that it holds its certificate's key: PS256 with `x5t#S256`.
///
/// Source: learn.microsoft.com/entra/identity-platform/certificate-credentials.
struct SignedAssertion {
    let identity: CertificateIdentity
    let issuer: String
    /// Left out of a proof for the directory.
    let subject: String?
    /// Whom it is meant for.
    let audience: String

    /// From now, in seconds. Microsoft recommends five to ten minutes.
    var lifetime: TimeInterval = 600
    /// The start is dated back, for clocks that run ahead of Microsoft's.
    static let leeway: TimeInterval = 120

    private struct Header: Encodable {
        let alg = "PS256"
        let typ = "JWT"
        let thumbprint: String
        enum CodingKeys: String, CodingKey {
            case alg, typ
            case thumbprint = "x5t#S256"
        }
    }

    private struct Claims: Encodable {
        let aud: String
        let iss: String
        let sub: String?
        let jti: String
        let nbf: Int
        let iat: Int
        let exp: Int
    }

    /// The compact form. A new `jti` each time.
    func signed(at now: Date, id: UUID) throws(CryptoError) -> Secret<String> {
        let issued = Int(now.timeIntervalSince1970)
        let header = Header(thumbprint: Base64URL.encode(identity.certificate.sha256Thumbprint))
        let claims = Claims(
            aud: audience, iss: issuer, sub: subject, jti: id.uuidString.lowercased(),
            nbf: issued - Int(Self.leeway), iat: issued, exp: issued + Int(lifetime))
        guard let head = try? JSONEncoder().encode(header), let body = try? JSONEncoder().encode(claims) else {
            throw .malformed("client assertion")
        }
        let message = "\(Base64URL.encode(head)).\(Base64URL.encode(body))"
        let signature = try identity.privateKey.sign(Array(message.utf8), with: .ps256)
        return Secret("\(message).\(Base64URL.encode(signature))")
    }
}
