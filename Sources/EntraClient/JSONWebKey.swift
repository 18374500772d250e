import FoundationEssentials
import Tenancy

/// The numbers of one RSA key as an authority publishes them (RFC 7517, RFC 7518 section 6.3.1).
struct JSONWebKey: Sendable {
    let modulus: [UInt8]
    let exponent: [UInt8]

    /// The keys in the document by which that issuer signs with RS256. Others are passed over; of two with the same id
    /// neither is taken.
    ///
    /// - Returns: `nil` when the document is no set of keys.
    static func signing(in document: [UInt8], issuer: String) -> [String: JSONWebKey]? {
        guard let items = StrictJSON.object(document)?["keys"]?.list else { return nil }
        var found: [String: JSONWebKey?] = [:]
        for case .object(let item) in items {
            guard let id = item["kid"]?.text, !id.isEmpty else { continue }
            // An id is spoken for even by a key that does not fit.
            found.updateValue(found.keys.contains(id) ? nil : JSONWebKey(item, issuer: issuer), forKey: id)
        }
        return found.compactMapValues { $0 }
    }

    private init?(_ item: [String: JSONValue], issuer: String) {
        guard item["kty"]?.text == "RSA", item["use"].map({ $0.text == "sig" }) ?? true,
            item["alg"].map({ $0.text == "RS256" }) ?? true,
            Self.isOfIssuer(item["issuer"], issuer),
            let modulus = item["n"]?.text.flatMap(Base64URL.decode),
            let exponent = item["e"]?.text.flatMap(Base64URL.decode)
        else { return nil }
        self.modulus = [UInt8](modulus)
        self.exponent = [UInt8](exponent)
    }

    /// Entra names the issuer a key may sign for, with a placeholder for the tenant.
    ///
    /// Source: learn.microsoft.com/entra/identity-platform/access-tokens, "Validate the signing key issuer".
    private static func isOfIssuer(_ named: JSONValue?, _ issuer: String) -> Bool {
        guard let named else { return true }
        guard let text = named.text else { return false }
        let tenant = issuer.split(separator: "/").dropLast().last ?? ""
        return text.replacing("{tenantid}", with: tenant) == issuer
    }
}
