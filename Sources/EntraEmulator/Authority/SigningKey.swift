import Crypto
import CryptoExtras
import FoundationEssentials
import SwiftASN1
import X509

/// An RSA key that signs access tokens, with the certificate it is published under.
struct SigningKey: Sendable {
    /// `kid` and `x5t`: base64url of the certificate's SHA-1, as the original names its keys.
    let identifier: String
    private let privateKey: _RSA.Signing.PrivateKey
    private let certificate: [UInt8]
    private let numbers: _RSA.Signing.PublicKey.Primitives

    init(now: Date) throws {
        privateKey = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        numbers = try privateKey.publicKey.getKeyPrimitives()
        let key = Certificate.PrivateKey(privateKey)
        let name = try DistinguishedName { CommonName("accounts.accesscontrol.emulator") }
        let made = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: now.addingTimeInterval(-86_400), notValidAfter: now.addingTimeInterval(1825 * 86_400),
            issuer: name, subject: name, signatureAlgorithm: .sha256WithRSAEncryption,
            extensions: Certificate.Extensions(), issuerPrivateKey: key)
        var serializer = DER.Serializer()
        try serializer.serialize(made)
        certificate = serializer.serializedBytes
        identifier = Base64Text.urlEncode(Insecure.SHA1.hash(data: certificate))
    }

    /// The compact form of a token with these claims, signed RS256.
    ///
    /// - Parameters:
    ///   - thumbprint: whether the header says `x5t` too, as access tokens of this authority do.
    ///   - identifier: what the header says as `kid` instead of this key's own.
    func sign(_ claims: JSON, thumbprint: Bool = true, identifier other: String? = nil) throws -> String {
        let header = JSON.object([
            ("typ", "JWT"), ("alg", "RS256"), ("kid", .string(other ?? identifier)),
            ("x5t", thumbprint ? .string(identifier) : nil),
        ])
        let input = "\(Base64Text.urlEncode(header.bytes)).\(Base64Text.urlEncode(claims.bytes))"
        let signature = try privateKey.signature(
            for: SHA256.hash(data: Array(input.utf8)), padding: .insecurePKCS1v1_5)
        return "\(input).\(Base64Text.urlEncode(signature.rawRepresentation))"
    }

    /// Whether this key signed that token.
    func verifies(_ token: CompactToken) -> Bool {
        privateKey.publicKey.isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: token.signature),
            for: SHA256.hash(data: token.signingInput), padding: .insecurePKCS1v1_5)
    }

    /// The key as a member of a key set.
    func jwk(issuer: String) -> JSON {
        [
            "kty": "RSA", "use": "sig", "kid": .string(identifier), "x5t": .string(identifier),
            "n": .string(Base64Text.urlEncode(numbers.modulus)),
            "e": .string(Base64Text.urlEncode(numbers.publicExponent)),
            "x5c": [.string(Base64Text.encode(certificate))],
            "issuer": .string(issuer),
        ]
    }
}
