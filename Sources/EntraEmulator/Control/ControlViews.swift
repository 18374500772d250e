import FoundationEssentials

/// How the control plane shows what there is. No secret appears in any of it.
enum ControlViews {
    static func tenant(_ tenant: Tenant, directory: Directory, now: Date) -> JSON {
        let principals = tenant.servicePrincipals.sorted { $0.key.text < $1.key.text }
        return [
            "id": .string(tenant.id.text), "domains": .strings(tenant.domains),
            "display_name": .string(tenant.displayName), "users": .integer(Int64(tenant.users.count)),
            "cloud": .string(tenant.cloud.rawValue), "administrator": .string(tenant.administrator.rawValue),
            "administrators": .strings(
                tenant.offeredAccounts.filter { $0.role != .none }.map(\.signInName)),
            "roles_delay_seconds": .number(tenant.rolesDelaySeconds),
            "service_principal_delay_seconds": .number(tenant.servicePrincipalDelaySeconds),
            "token_lifetime_seconds": .integer(Int64(tenant.tokenLifetimeSeconds)),
            "blocked": .bool(tenant.isBlocked),
            "missing_service_principal_code": .integer(Int64(tenant.missingPrincipal.rawValue)),
            "callback": tenant.callback?.json ?? .null,
            "resources": .array(
                tenant.resources.map { ["resource": .string($0.name), "state": .string($0.state.rawValue)] }),
            "deleted_service_principals": .array(
                tenant.deletedPrincipals.sorted { $0.key.text < $1.key.text }.map { client, binned in
                    [
                        "client_id": .string(client.text), "object_id": .string(binned.principal.objectID.text),
                        "deleted": .string(Timestamps.iso(binned.deleted)),
                    ]
                }),
            "service_principals": .array(
                principals.map { client, principal in
                    servicePrincipal(client, principal, directory: directory, now: now)
                }),
        ]
    }

    static func tenantInShort(_ tenant: Tenant) -> JSON {
        [
            "id": .string(tenant.id.text), "domain": tenant.domains.first.map { .string($0) } ?? .null,
            "display_name": .string(tenant.displayName), "users": .integer(Int64(tenant.users.count)),
            "behaviour": tenant.behaviourName.map { .string($0) } ?? .null,
            "administrator": .string(tenant.administrator.rawValue),
            "expected": .string(TenantOutcome(of: tenant).rawValue),
        ]
    }

    private static func servicePrincipal(
        _ client: GUID, _ principal: ServicePrincipal, directory: Directory, now: Date
    ) -> JSON {
        let grants = principal.grants.sorted { $0.key.text < $1.key.text }
        return [
            "client_id": .string(client.text), "object_id": .string(principal.objectID.text),
            "account_enabled": .bool(principal.isEnabled),
            "usable": .bool(principal.usableFrom <= now),
            "grants": .array(
                grants.map { resource, grant in
                    let known = directory.resource(named: resource.text)
                    return [
                        "resource": .string(known?.identifiers.first ?? resource.text),
                        "roles": .strings(grant.granted), "roles_in_tokens": .strings(grant.roles(at: now)),
                    ]
                }),
        ]
    }

    static func app(_ app: AppRegistration, directory: Directory) -> JSON {
        [
            "client_id": .string(app.clientID.text), "object_id": .string(app.objectID.text),
            "unique_name": app.uniqueName.map { .string($0) } ?? .null, "display_name": .string(app.displayName),
            "home_tenant": .string(app.homeTenant), "audience": .string(app.audience.rawValue),
            "redirect_uris": .strings(app.redirectURIs),
            "group_membership_claims": app.settings["groupMembershipClaims"] ?? .null,
            "secrets": .array(
                app.secrets.registered().map {
                    [
                        "key_id": .string($0.keyID.text),
                        "expires": $0.expires.map { .string(Timestamps.iso($0)) } ?? .null,
                    ]
                }),
            "certificates": .array(
                app.keys.registered().map {
                    [
                        "key_id": .string($0.keyID.text), "sha256": .string(Base64Text.hex($0.certificate.sha256)),
                        "expires": .string(Timestamps.iso($0.ends)),
                    ]
                }),
            "federated_credentials": .array(
                app.federatedCredentials.registered().map {
                    ["key_id": .string($0.id.text), "issuer": .string($0.issuer), "subject": .string($0.subject)]
                }),
            "permissions": .array(
                directory.permissions(of: app).map {
                    [
                        "resource": .string($0.resource.identifiers.first ?? $0.resource.appID.text),
                        "roles": .strings($0.roles),
                    ]
                }),
        ]
    }

    static func fault(_ fault: Fault) -> JSON {
        return [
            "id": .integer(Int64(fault.id)), "endpoint": .string(fault.match.endpoint.rawValue),
            "tenant": fault.match.tenant.map { .string($0) } ?? .null,
            "method": fault.match.method.map { .string($0) } ?? .null,
            "path_prefix": fault.match.pathPrefix.map { .string($0) } ?? .null, "kind": .string(fault.kind.name),
            "skip": .integer(Int64(fault.skip)), "remaining": .integer(Int64(fault.remaining)),
        ]
    }

    static func request(_ entry: RequestHistory.Entry) -> JSON {
        [
            "seq": .integer(Int64(entry.sequence)), "at": .string(Timestamps.iso(entry.at)),
            "endpoint": .string(entry.endpoint.rawValue), "method": .string(entry.method),
            "path": .string(entry.path), "tenant": entry.note.tenant.map { .string($0.text) } ?? .null,
            "client_id": entry.note.clientID.map { .string($0) } ?? .null,
            "auth": .string(entry.note.credential.rawValue),
            "key_id": entry.note.keyID.map { .string($0.text) } ?? .null,
            "claims": entry.note.claims.map { .string($0) } ?? .null,
            "status": entry.status.map { .integer(Int64($0)) } ?? .null,
            "code": entry.note.code.map { .integer(Int64($0)) } ?? .null,
            "injected": entry.note.injected.map { .string($0) } ?? .null,
        ]
    }
}
