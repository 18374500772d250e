import CurlHTTP
import FoundationEssentials
import OpenSSLCrypto
package import Tenancy

/// Signs an administrator in at the customer's own tenant: the authorization code flow with PKCE, and an identity token
/// that is verified before anything in it is believed.
///
/// Every address is built from the table; none is taken from a document or from a token, and no redirect is followed.
/// Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow and v2-protocols-oidc; RFC 7636.
package struct OpenIDSignIn: AdministratorAuthority {
    private let transport: any HTTPTransport
    private let table: CloudTable
    private let credentials: CredentialTrial
    private let authentication: ClientAuthentication
    private let keys: SigningKeys
    private let clock: WallClock

    private static let scope = "openid profile"
    /// Entra's codes have one to two thousand characters.
    private static let longestCode = 8_192

    /// - Parameter credentials: the app's own, by which a code is redeemed.
    package init(
        transport: any HTTPTransport, table: CloudTable, credentials: CredentialTrial,
        authentication: ClientAuthentication, clock: WallClock
    ) {
        self.transport = transport
        self.table = table
        self.credentials = credentials
        self.authentication = authentication
        keys = SigningKeys(transport: transport, clock: clock)
        self.clock = clock
    }

    package func signInURL(_ signIn: AdministratorSignIn) -> Secret<String>? {
        guard let cloud = table[signIn.cloud] else { return nil }
        let challenge = Base64URL.encode(Digest.sha256(Array(signIn.codeVerifier.exposed.utf8)))
        let query = PercentEncoding.form([
            ("client_id", signIn.clientID.description), ("response_type", "code"), ("response_mode", "query"),
            ("redirect_uri", signIn.redirectURI), ("scope", Self.scope), ("state", signIn.state.exposed),
            ("nonce", signIn.nonce.exposed), ("code_challenge", challenge), ("code_challenge_method", "S256"),
            ("prompt", "select_account"),
        ])
        return Secret("\(cloud.authority)/\(signIn.tenant)/oauth2/v2.0/authorize?\(query)")
    }

    package func redeem(
        _ code: Secret<String>, for signIn: AdministratorSignIn
    ) async throws(AdministratorSignInError) -> AdministratorIdentity {
        guard let cloud = table[signIn.cloud] else { throw .cloudNotConfigured(signIn.cloud) }
        guard (1...Self.longestCode).contains(code.exposed.utf8.count) else {
            throw .refused("invalid_grant", AuthorityTrace(aadsts: nil))
        }
        let form = [
            ("grant_type", "authorization_code"), ("code", code.exposed), ("redirect_uri", signIn.redirectURI),
            ("code_verifier", signIn.codeVerifier.exposed), ("scope", Self.scope),
        ]
        let text = try await credentials.ask(as: signIn.app, failing: { AdministratorSignInError($0) }) {
            (credential) throws(AdministratorSignInError) in
            try await identityToken(form, for: signIn, at: cloud, with: credential)
        }
        let token = try await IdentityToken(text, of: signIn.tenant, at: cloud, keys: keys)
        return try token.identity(for: signIn, at: cloud, now: clock.now())
    }

    private struct Reply: Decodable {
        let idToken: String
    }

    /// The token as the authority sent it. The access token beside it is not looked at.
    private func identityToken(
        _ form: [(String, String)], for signIn: AdministratorSignIn, at cloud: CloudEndpoints,
        with credential: ClientCredential
    ) async throws(AdministratorSignInError) -> String {
        let request: CurlRequest
        do throws(ClientAuthentication.Unusable) {
            request = try await authentication.request(
                form, to: cloud.tokenEndpoint(of: signIn.tenant), as: signIn.clientID, with: credential)
        } catch {
            throw .credentialUnusable(error.why)
        }
        let response: CurlResponse
        do throws(CurlError) { response = try await transport.send(request) } catch {
            throw .unavailable(error.clause)
        }
        guard response.status == 200 else { throw refusal(response) }
        guard let reply = WireJSON.decode(Reply.self, from: response.body) else { throw .unverifiable(.malformed) }
        return reply.idToken
    }

    private func refusal(_ response: CurlResponse) -> AdministratorSignInError {
        let refusal = AuthorityRefusal(response)
        guard (400..<500).contains(refusal.status), refusal.status != 429, refusal.meaning != .transient,
            !refusal.error.isEmpty || refusal.trace.aadsts != nil
        else { return .unavailable("it answered with status \(refusal.status)") }
        if refusal.meaning == .ourCredential {
            return .rejected(refusal.trace)
        }
        return .refused(refusal.trace.aadsts.map { "AADSTS\($0)" } ?? refusal.error, refusal.trace)
    }
}

extension AdministratorSignInError: CredentialFailure {
    fileprivate init(_ shortage: CredentialTrial.Shortage) {
        switch shortage {
        case .unusable(let why): self = .credentialUnusable(why)
        case .rejected(let rejection):
            let trace = AuthorityTrace(aadsts: rejection.aadsts)
            self = rejection.reason.map { .credentialUnusable($0, trace) } ?? .rejected(trace)
        case .store(let error): self = .store(error)
        }
    }

    fileprivate static func rejected(_ trace: AuthorityTrace) -> AdministratorSignInError {
        let meaning = trace.aadsts.flatMap(AuthorityCode.lookUp)?.meaning
        return .credentialUnusable(meaning ?? "The authority rejects it.", trace)
    }

    package var blame: CredentialBlame? {
        guard case .credentialUnusable(let why, let trace) = self else { return nil }
        // The authority's own word needs no further reason.
        return CredentialBlame(aadsts: trace?.aadsts, reason: trace?.aadsts == nil ? why : nil)
    }
}
