import Crypto
import CryptoExtras
import EntraEmulator
import Foundation
import Testing

/// An application that signs an administrator in, step by step.
struct SignIn: Sendable {
    static let redirect = "http://localhost:5000/consent/callback"
    static let verifier = "verifier-0123456789-0123456789-0123456789-abc"
    static var challenge: String { Data(SHA256.hash(data: Data(verifier.utf8))).base64URL }

    let cloud: TestCloud
    var tenant = TestCloud.contoso

    /// The link with these parameters changed; `nil` leaves one out.
    func link(_ changes: [String: String?] = [:]) -> String {
        var fields: [String: String?] = [
            "client_id": TestCloud.clientID, "response_type": "code", "redirect_uri": Self.redirect,
            "scope": "openid profile", "state": "st-2", "nonce": "n-1", "code_challenge": Self.challenge,
            "code_challenge_method": "S256",
        ]
        fields.merge(changes) { $1 }
        let query = fields.compactMap { name, value in
            value.map { "\(name)=\($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }
        }
        return "\(cloud.login)/\(tenant)/oauth2/v2.0/authorize?\(query.joined(separator: "&"))"
    }

    func press(
        _ button: String = "accept", as account: String = "admin@contoso.example", with changes: [String: String?] = [:]
    ) async throws -> Reply {
        try await cloud.wire.post(link(changes), form: [("account", account), ("decision", button)])
    }

    func code(as account: String = "admin@contoso.example", _ changes: [String: String?] = [:]) async throws -> String {
        let reply = try await press(as: account, with: changes)
        return try #require(reply.callback["code"], "\(reply.text)")
    }

    /// Redeems a code with these fields changed; `nil` leaves one out.
    func redeem(_ code: String, at tenant: String? = nil, _ changes: [String: String?] = [:]) async throws -> Reply {
        var fields: [String: String?] = [
            "grant_type": "authorization_code", "client_id": TestCloud.clientID, "client_secret": TestCloud.secret,
            "code": code, "redirect_uri": Self.redirect, "code_verifier": Self.verifier,
        ]
        fields.merge(changes) { $1 }
        return try await cloud.wire.post(
            "\(cloud.login)/\(tenant ?? self.tenant)/oauth2/v2.0/token",
            form: fields.compactMap { name, value in value.map { (name, $0) } })
    }

    /// The id_token of a whole sign-in.
    func idToken(
        as account: String = "admin@contoso.example", _ changes: [String: String?] = [:]
    ) async throws -> IDToken {
        let reply = try await redeem(code(as: account, changes))
        return try IDToken(#require(reply.json["id_token"] as? String, "\(reply.text)"))
    }

    /// Lets id_tokens say which directory roles a user has.
    func wantRoles(_ claims: String = "DirectoryRole") async throws {
        let reply = try await cloud.wire.control(
            "POST", "/apps", ["client_id": TestCloud.clientID, "group_membership_claims": claims])
        try #require(reply.status == 200, "\(reply.text)")
    }
}

/// An id_token taken apart, and whether a published key signed it.
struct IDToken {
    let text: String
    let header: [String: Any]
    let claims: [String: Any]

    init(_ text: String) throws {
        self.text = text
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        try #require(parts.count == 3)
        header = try Self.object(parts[0])
        claims = try Self.object(parts[1])
    }

    subscript(name: String) -> String? { claims[name] as? String }

    var roles: [String] { claims["wids"] as? [String] ?? [] }

    func isSigned(_ cloud: TestCloud) async throws -> Bool {
        let document = try await cloud.wire.get("\(cloud.login)/contoso.example/discovery/v2.0/keys").json
        let keys = document["keys"] as? [[String: Any]] ?? []
        guard header["alg"] as? String == "RS256",
            let key = keys.first(where: { $0["kid"] as? String == header["kid"] as? String }),
            let modulus = (key["n"] as? String).flatMap({ Data(base64URL: $0) }),
            let exponent = (key["e"] as? String).flatMap({ Data(base64URL: $0) })
        else { return false }
        let parts = text.split(separator: ".").map(String.init)
        guard parts.count == 3, let signature = Data(base64URL: parts[2]) else { return false }
        return try _RSA.Signing.PublicKey(n: modulus, e: exponent).isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: signature),
            for: SHA256.hash(data: Data("\(parts[0]).\(parts[1])".utf8)), padding: .insecurePKCS1v1_5)
    }

    private static func object(_ segment: String) throws -> [String: Any] {
        let data = try #require(Data(base64URL: segment))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}
