import FoundationEssentials
import Synchronization

/// The grant with which a device asks whether its code was approved.
struct DeviceCodeGrant {
    static let name = "urn:ietf:params:oauth:grant-type:device_code"

    let service: EmulatedService

    func respond(
        _ form: FormFields, _ asked: TenantSegment, _ directory: Directory, _ correlation: Correlation,
        _ note: inout HistoryNote
    ) throws -> Answer {
        let segment = try DeviceCodeEndpoint.tenant(asked)
        guard let client = form["client_id"] else { throw AuthorityError.missingParameter("client_id") }
        // Some clients call it by the name it had before RFC 8628.
        guard let code = form["device_code"] ?? form["code"] else {
            throw AuthorityError.missingParameter("device_code")
        }
        guard let id = GUID(client) else { throw AuthorityError.unknownApplication(client, in: segment) }
        try Self.requirePublic(id, in: directory, tenant: segment)
        let now = correlation.now
        switch service.signIns.withLock({ $0.poll(code, client: id, at: now) }) {
        case .unknown: throw AuthorityError.unknownDeviceCode
        case .expired: throw AuthorityError.expiredDeviceCode
        case .waiting: throw AuthorityError.authorizationPending
        case .tooFast: throw AuthorityError.slowDown
        case .declined: throw AuthorityError.authorizationDeclined
        case .approved(let tenantID, let user, let permissions):
            guard let tenant = directory.tenants[tenantID] else {
                throw AuthorityError.unknownTenant(tenantID.text)
            }
            guard !tenant.isBlocked else {
                throw AuthorityError.blockedByPolicy(GUID(naming: tenant.id.text, "policy"))
            }
            note.tenant = tenant.id
            let claims = DelegatedTokenClaims(
                tenant: tenant.id, app: id, appName: PublicClients.name(of: id, in: directory) ?? client, user: user,
                permissions: permissions, issuedAt: now, lifetimeSeconds: tenant.tokenLifetimeSeconds)
            return try reply(claims, correlation)
        }
    }

    /// Refuses a client that does not exist, or that must prove who it is.
    static func requirePublic(
        _ client: GUID, in directory: Directory, tenant: Tenant?
    ) throws(AuthorityError) {
        guard PublicClients.name(of: client, in: directory) == nil else { return }
        guard directory.apps[client] != nil else { throw .unknownApplication(client.text, in: tenant) }
        throw .clientNotPublic
    }

    private func reply(_ claims: DelegatedTokenClaims, _ correlation: Correlation) throws -> Answer {
        let refresh = claims.permissions.wantsRefresh ? "1.\(service.randomness.opaque(96))" : nil
        let body = JSON.object([
            ("token_type", "Bearer"), ("scope", .string(claims.permissions.grantedScopes)),
            ("expires_in", .integer(Int64(claims.lifetimeSeconds))),
            ("ext_expires_in", .integer(Int64(claims.lifetimeSeconds))),
            ("access_token", .string(try service.keys.current.sign(claims.json(service.randomness)))),
            ("refresh_token", refresh.map { .string($0) }),
        ])
        return .json(200, body, headers: TokenEndpoint.headers(correlation, service.randomness))
    }
}
