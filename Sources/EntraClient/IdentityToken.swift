import FoundationEssentials
import OpenSSLCrypto
import Tenancy

/// Checks that a token of the authority says who signed in, and that it says so for one sign-in.
///
/// Source: OpenID Connect Core 1.0 section 3.1.3.7 and
/// learn.microsoft.com/entra/identity-platform/id-token-claims-reference.
struct IdentityToken {
    /// Clocks may differ by so much. Source: Microsoft's libraries allow five minutes.
    static let leeway: TimeInterval = 300

    private let claims: [String: JSONValue]

    /// Verifies the signature with the tenant's own keys; nothing of the payload is read before.
    init(
        _ text: String, of tenant: TenantID, at cloud: CloudEndpoints, keys: SigningKeys
    ) async throws(AdministratorSignInError) {
        guard let token = CompactJWS(text) else { throw .unverifiable(.malformed) }
        guard token.algorithm == "RS256" else { throw .unverifiable(.algorithm) }
        guard let keyID = token.keyID else { throw .unverifiable(.unknownKey) }
        let key = try await keys.key(keyID, of: tenant, at: cloud)
        guard key.verifies(token.signature, of: token.signedBytes) else { throw .unverifiable(.signature) }
        guard let claims = StrictJSON.object(token.unverifiedPayload) else { throw .unverifiable(.malformed) }
        self.claims = claims
    }

    /// Whom it names, held against the sign-in.
    func identity(
        for signIn: AdministratorSignIn, at cloud: CloudEndpoints, now: Date
    ) throws(AdministratorSignInError) -> AdministratorIdentity {
        guard claims["aud"]?.text == signIn.clientID.description else { throw .unverifiable(.audience) }
        guard claims["tid"]?.text.flatMap({ TenantID($0) }) == signIn.tenant else { throw .unverifiable(.tenant) }
        guard claims["iss"]?.text == cloud.issuer(of: signIn.tenant) else { throw .unverifiable(.issuer) }
        guard let nonce = claims["nonce"]?.text, !nonce.isEmpty,
            constantTimeEquals(Array(nonce.utf8), Array(signIn.nonce.exposed.utf8))
        else { throw .unverifiable(.nonce) }
        try checkTimes(now.timeIntervalSince1970)
        guard let objectID = claims["oid"]?.text.flatMap({ GUID($0) }) else { throw .unverifiable(.subject) }
        return AdministratorIdentity(
            tenant: signIn.tenant, objectID: objectID, name: name, roles: try roles(in: signIn.tenant))
    }

    private func checkTimes(_ now: TimeInterval) throws(AdministratorSignInError) {
        guard let end = claims["exp"]?.number, let issued = claims["iat"]?.number else {
            throw .unverifiable(.malformed)
        }
        let start: Double
        switch claims["nbf"] {
        case nil: start = issued
        case .number?: start = max(issued, claims["nbf"]?.number ?? .infinity)
        default: throw .unverifiable(.malformed)
        }
        guard now < end + Self.leeway else { throw .unverifiable(.expired) }
        guard start <= now + Self.leeway else { throw .unverifiable(.notYetValid) }
    }

    /// Its owner chooses it freely, and it goes into pages, logs and terminals.
    private var name: String? {
        guard let text = claims["name"]?.text ?? claims["preferred_username"]?.text else { return nil }
        let shown = text.filter { character in
            character.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .surrogate, .privateUse, .lineSeparator, .paragraphSeparator, .unassigned: false
                default: true
                }
            }
        }
        return shown.isEmpty ? nil : String(shown.prefix(100))
    }

    /// Without `wids` nothing is told of roles, but a guest, whose token names where it comes from, has none to consent.
    private func roles(in tenant: TenantID) throws(AdministratorSignInError) -> [GUID]? {
        guard let claim = claims["wids"] else {
            let isGuest = claims["idp"].map { $0.text?.contains(tenant.description) != true } ?? false
            return isGuest ? [] : nil
        }
        guard let values = claim.list else { throw .unverifiable(.malformed) }
        return values.compactMap { $0.text.flatMap { GUID($0) } }
    }
}
