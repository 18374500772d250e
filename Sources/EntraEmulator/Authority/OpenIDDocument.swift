/// `/{tenant}/v2.0/.well-known/openid-configuration` and its predecessor without `v2.0`.
///
/// Endpoints carry the tenant's identifier even when it was asked for by domain. A tenant of another cloud is described
/// as that cloud would: its hosts, not the emulator's.
struct OpenIDDocument {
    let addresses: EmulatorAddresses
    let isV1: Bool

    func reply(_ asked: TenantSegment) throws(AuthorityError) -> JSON {
        switch asked {
        case .refused(let error): throw error
        case .shared(let shared): return document(name: shared.rawValue, tenant: nil)
        case .tenant(let tenant): return document(name: tenant.id.text, tenant: tenant)
        }
    }

    private func document(name: String, tenant: Tenant?) -> JSON {
        let cloud = tenant?.cloud ?? .global
        let login = cloud == .global ? addresses.login : "https://\(cloud.loginHost)"
        let graph = cloud == .global ? String(addresses.graph.dropFirst("https://".count)) : cloud.graphHost
        let version = isV1 ? "" : "/v2.0"
        let issuerTenant = tenant?.id.text ?? "{tenantid}"
        let issuer = isV1 ? "https://sts.windows.net/\(issuerTenant)/" : "\(login)/\(issuerTenant)/v2.0"
        return .object([
            ("token_endpoint", .string("\(login)/\(name)/oauth2\(version)/token")),
            (
                "token_endpoint_auth_methods_supported",
                ["client_secret_post", "private_key_jwt", "client_secret_basic"]
            ),
            ("jwks_uri", .string("\(login)/\(name)/discovery\(version)/keys")),
            ("response_modes_supported", ["query", "fragment", "form_post"]),
            ("subject_types_supported", ["pairwise"]),
            ("id_token_signing_alg_values_supported", ["RS256"]),
            ("response_types_supported", ["code", "id_token", "code id_token", "id_token token"]),
            ("scopes_supported", ["openid", "profile", "email", "offline_access"]),
            ("issuer", .string(issuer)),
            ("request_uri_parameter_supported", false),
            ("userinfo_endpoint", .string("https://\(graph)/oidc/userinfo")),
            ("authorization_endpoint", .string("\(login)/\(name)/oauth2\(version)/authorize")),
            ("device_authorization_endpoint", .string("\(login)/\(name)/oauth2\(version)/devicecode")),
            ("http_logout_supported", true),
            ("frontchannel_logout_supported", true),
            ("end_session_endpoint", .string("\(login)/\(name)/oauth2\(version)/logout")),
            ("claims_supported", .strings(Self.claims)),
            ("kerberos_endpoint", .string("\(login)/\(name)/kerberos")),
            ("tenant_region_scope", tenant == nil ? .null : .string(cloud.regionScope)),
            ("tenant_region_sub_scope", cloud.regionSubScope.map { .string($0) }),
            ("cloud_instance_name", .string(cloud.instanceName)),
            ("cloud_graph_host_name", .string(cloud.directoryGraphHost)),
            ("msgraph_host", .string(graph)),
            ("rbac_url", "https://pas.windows.net"),
        ])
    }

    private static let claims = [
        "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host", "aud",
        "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash",
        "email",
    ]
}
