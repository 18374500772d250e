import Crypto
import CryptoExtras
import Foundation

/// Builds client assertions in every spelling SDKs send, and in some that are wrong.
struct AssertionForge: Sendable {
    var header: [String: String] = ["typ": "JWT"]
    /// JSON texts of claims, so that a number can be spelt as a text or a fraction.
    var claims: [String: String]
    var padSegments = false
    var x5c: String?

    /// PS256 with `x5t#S256`, and the claims MSAL Go sends.
    init(_ certificate: ClientCertificate, audience: String) {
        header["alg"] = "PS256"
        header["x5t#S256"] = certificate.sha256.base64URL
        claims = [
            "aud": "\"\(audience)\"", "iss": "\"\(TestCloud.clientID)\"", "sub": "\"\(TestCloud.clientID)\"",
            "jti": "\"\(UUID().uuidString)\"", "nbf": "1800000000", "exp": "1800000600",
        ]
    }

    func signed(by certificate: ClientCertificate) throws -> String {
        var members = header.map { "\"\($0.key)\":\"\($0.value)\"" }
        if let x5c { members.append("\"x5c\":\(x5c)") }
        let head = segment(Data("{\(members.joined(separator: ","))}".utf8))
        let body = segment(Data("{\(claims.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ","))}".utf8))
        let padding: _RSA.Signing.Padding = header["alg"] == "RS256" ? .insecurePKCS1v1_5 : .PSS
        let signature = try certificate.key.signature(
            for: SHA256.hash(data: Data("\(head).\(body)".utf8)), padding: padding)
        return "\(head).\(body).\(segment(signature.rawRepresentation))"
    }

    private func segment(_ data: Data) -> String {
        guard padSegments else { return data.base64URL }
        return data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }
}
