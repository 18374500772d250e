import CurlHTTP
import Foundation
import OpenSSLCrypto
import Tenancy
import Testing

/// A certificate that has been valid for an hour at the time of the tests, and is for a day.
enum TestCertificate {
    static let identity = Result {
        try CertificateIdentity.selfSigned(commonName: "isv", validFor: .seconds(86_400), now: testTime - 3_600)
    }

    static func credential() throws -> ClientCredential {
        let identity = try identity.get()
        return .certificate(
            der: identity.certificate.der, privateKey: Secret(try identity.privateKey.pkcs8DER()))
    }
}

/// A client assertion as it was sent.
struct Assertion: Equatable {
    let text: String
    let audience: String
    let issuer: String

    init(in request: CurlRequest) throws {
        text = try #require(request.fields["client_assertion"])
        let claims = try Self.object(try #require(text.split(separator: ".").dropFirst().first))
        audience = try #require(claims["aud"] as? String)
        issuer = try #require(claims["iss"] as? String)
    }

    static func object(_ segment: Substring) throws -> [String: Any] {
        let bytes = try #require(Base64URL.decode(segment))
        return try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    }
}

extension CurlRequest {
    /// The fields of a form, decoded.
    var fields: [String: String] {
        form.split(separator: "&").reduce(into: [:]) { fields, pair in
            let parts = pair.split(separator: "=", maxSplits: 1)
            fields[String(parts[0])] = parts.count > 1 ? PercentEncoding.decodeForm(parts[1]) : ""
        }
    }
}
