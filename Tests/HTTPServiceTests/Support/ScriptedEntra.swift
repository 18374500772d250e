import Foundation
import Synchronization
import Tenancy
import TestSupport

/// Microsoft at the edge of the process: every port that would reach the network, with answers a test sets.
final class ScriptedEntra: Sendable {
    private struct Script {
        var roles: @Sendable (TokenKey) -> Result<[String], TokenError> = { _ in
            .success(["Group.Read.All", "User.Read.All"])
        }
        var lifetime: TimeInterval = 3_600
        var tokensIssued = 0
        var lastClaims: String?
    }

    static let graph = resourceNamed("https://graph.microsoft.com")
    /// Stands in every token, so that a test can search for it.
    static let tokenMark = "tokencanary"

    private let script = Mutex(Script())
    private let clock: ManualClock

    init(clock: ManualClock) { self.clock = clock }

    var tokensIssued: Int { script.withLock { $0.tokensIssued } }

    /// What the last request for a token demanded beyond.
    var lastClaims: String? { script.withLock { $0.lastClaims } }

    /// From now on tokens hold these roles.
    func grant(_ roles: [String]) { script.withLock { $0.roles = { _ in .success(roles) } } }

    /// From now on tokens are refused for that reason.
    func refuse(_ reason: TokenError.Reason, trace: AuthorityTrace? = nil) {
        script.withLock { $0.roles = { .failure(TokenError($0, reason, trace: trace)) } }
    }

    /// From now on tokens live that many seconds.
    func setLifetime(_ seconds: TimeInterval) { script.withLock { $0.lifetime = seconds } }
}

extension ScriptedEntra: TokenEndpoint {
    func prepare(
        _ key: TokenKey, claims: ClaimsChallenge?, with credential: ClientCredential
    ) async throws(TokenError) -> PreparedTokenRequest {
        { () async throws(TokenError) in try self.token(for: key, claims: claims).checked(for: key) }
    }

    private func token(for key: TokenKey, claims: ClaimsChallenge?) throws(TokenError) -> UnverifiedToken {
        let script = script.withLock { script in
            script.tokensIssued += 1
            script.lastClaims = claims?.json
            return script
        }
        let roles = try script.roles(key).get().map { "\"\($0)\"" }.joined(separator: ",")
        let claims = """
            {"tid":"\(key.tenant)","appid":"\(key.clientID)","aud":"\(key.resource)","oid":"\(guid(77))","roles":[\(roles)]}
            """
        let mark = "\(Self.tokenMark)\(script.tokensIssued)"
        let jwt = ["{}", claims].map { Base64URL.encode($0.utf8) }.joined(separator: ".") + ".\(mark)"
        return UnverifiedToken(value: Secret(jwt), receivedAt: clock.now, lifetime: script.lifetime)
    }
}

extension ScriptedEntra: TenantDiscovery {
    /// Any GUID is a tenant of the public cloud, and `customer7.example` is tenant number 7. `unknown.example`,
    /// `ambiguous.example` and `silent.example` are what they are called.
    func discover(_ reference: TenantReference, in cloud: Cloud?) async throws(OnboardingError) -> DiscoveredTenant {
        let name = reference.description
        switch reference {
        case .id(let id): return DiscoveredTenant(id: id, cloud: cloud ?? .public)
        case .domain where name == "unknown.example": throw OnboardingError(name, .unknown)
        case .domain where name == "silent.example": throw OnboardingError(name, .undecided("no answer came"))
        case .domain where name == "ambiguous.example" && cloud == nil:
            throw OnboardingError(
                name,
                .ambiguous([
                    DiscoveredTenant(id: TenantID(guid(1)), cloud: .public),
                    DiscoveredTenant(id: TenantID(guid(2)), cloud: .china),
                ]))
        case .domain:
            let number = Int(name.filter(\.isNumber)) ?? 1
            return DiscoveredTenant(id: TenantID(guid(number)), cloud: cloud ?? .public)
        }
    }
}

extension ScriptedEntra: GraphReader {
    /// China is not configured.
    func resource(of cloud: Cloud) -> Resource? { cloud == .china ? nil : Self.graph }

    func page(
        _ link: GraphLink, cloud: Cloud, tenant: TenantID, token: AccessToken
    ) async throws(GraphError) -> GraphPage {
        throw GraphError(tenant, .unavailable("nobody reads it here"))
    }
}

extension ScriptedEntra: AdminConsentAddress {
    func adminConsentURL(
        cloud: Cloud, tenant: TenantID, clientID: ClientID, resources: [Resource], redirectURI: String,
        state: OneTimeState
    ) -> Secret<String>? {
        guard cloud != .china else { return nil }
        let query = PercentEncoding.form([
            ("client_id", clientID.description), ("redirect_uri", redirectURI), ("state", state.exposed),
        ])
        return Secret("https://login.microsoft.test/\(tenant)/v2.0/adminconsent?\(query)")
    }
}

extension ScriptedEntra: CredentialCraft {
    /// Takes every secret, and PEM and PKCS#12 without looking into them.
    func read(_ credential: BroughtCredential, at instant: Date) throws(RegistrationError) -> CraftedCredential {
        switch credential {
        case .secret(let secret, let end):
            return CraftedCredential(value: .secret(secret), label: "secret", expiresAt: end, thumbprint: nil)
        case .federated(let source):
            return CraftedCredential(
                value: .federated(source), label: source.label, expiresAt: nil, thumbprint: nil)
        case .pem(let bytes, _), .pkcs12(let bytes, _):
            guard !bytes.exposed.isEmpty else {
                throw .credential(code: "certificate_missing", why: "There is none.", nextStep: "Bring one.")
            }
            return CraftedCredential(
                value: .certificate(der: bytes.exposed, privateKey: bytes), label: "CN=scripted",
                expiresAt: instant + 86_400, thumbprint: String(repeating: "0a", count: 32))
        }
    }

    func makeCertificate(
        named name: String, life: TimeInterval, at instant: Date
    ) throws(RegistrationError) -> CraftedCredential {
        CraftedCredential(
            value: .certificate(der: Array(name.utf8), privateKey: Secret([1])), label: "CN=\(name)",
            expiresAt: instant + life, thumbprint: thumbprint(ofCertificate: Array(name.utf8)))
    }

    func thumbprint(ofCertificate der: [UInt8]) -> String {
        String((der.map { String($0, radix: 16) }.joined() + String(repeating: "0", count: 64)).prefix(64))
    }

    func proof(
        of credential: ClientCredential, forApplication objectID: GUID, at instant: Date
    ) throws(RegistrationError) -> Secret<String> { Secret("proof") }
}

/// The same number gives the same identifier, and a greater one a greater.
func guid(_ number: Int) -> GUID {
    let digits = String(number, radix: 16)
    let text = "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    guard let guid = GUID(text) else { preconditionFailure("\(text) is no GUID") }
    return guid
}

func resourceNamed(_ text: String) -> Resource {
    guard let resource = Resource(text) else { preconditionFailure("\(text) is no resource") }
    return resource
}

extension ScriptedEntra: DeviceCodeEndpoint {
    var client: ClientID { ClientID(guid(14)) }

    func begin(cloud: Cloud, tenant: TenantID, scopes: [String]) async throws(SignInError) -> DeviceCode {
        DeviceCode(
            code: Secret("devicecanary"), userCode: "ABCD1234", address: "https://login.microsoft.test/device",
            expiresAt: clock.now + 900, interval: 5)
    }

    /// The administrator has finished at the first look.
    func poll(_ code: DeviceCode, cloud: Cloud, tenant: TenantID) async throws(SignInError) -> DevicePoll {
        do {
            return .token(
                try token(
                    for: TokenKey(cloud: cloud, tenant: tenant, clientID: client, resource: Self.graph), claims: nil))
        } catch {
            throw .unavailable("scripted")
        }
    }
}

extension ScriptedEntra: ServiceProbe {
    func authority(of cloud: Cloud, tenant: TenantID?) async -> AuthoritySign? {
        AuthoritySign(clockLead: 0, isEntra: true)
    }

    func status(of url: String) async -> Int? { url == "\(House.publicURL)/livez" ? 200 : nil }
}

extension ScriptedEntra: AssertionProvider {
    func assertion(from source: AssertionSource) async throws(AssertionError) -> Secret<String> {
        let claims = Base64URL.encode(#"{"iss":"https://idp.test","sub":"job","aud":"api://x"}"#.utf8)
        return Secret("e30.\(claims).c2ln")
    }
}

extension ScriptedEntra: AdministratorAuthority {
    func signInURL(_ signIn: AdministratorSignIn) -> Secret<String>? {
        Secret("https://login.microsoft.test/\(signIn.tenant)/authorize?state=\(signIn.state.exposed)")
    }

    /// The code is `administrator`, `user` or `unknown`, which tells no roles; any other is refused.
    func redeem(
        _ code: Secret<String>, for signIn: AdministratorSignIn
    ) async throws(AdministratorSignInError) -> AdministratorIdentity {
        let roles: [GUID]?
        switch code.exposed {
        case "administrator": roles = GUID("62e90394-69f5-4237-9190-012177145e10").map { [$0] }
        case "user": roles = [guid(99)]
        case "unknown": roles = nil
        default: throw .refused("invalid_grant", AuthorityTrace(aadsts: 54005))
        }
        return AdministratorIdentity(tenant: signIn.tenant, objectID: guid(55), name: "Ada", roles: roles)
    }
}
