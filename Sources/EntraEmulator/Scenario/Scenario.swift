/// What an emulator knows when it starts: applications, tenants, and further resources.
///
/// A scenario is one JSON object. A member not listed here is refused, so a misspelt one is never silently ignored.
///
/// ```json
/// {
///   "apps": [{
///     "client_id": "11111111-2222-3333-4444-555555555555",
///     "display_name": "Contoso Fleet Sync",         // default: "App" and the identifier
///     "home_tenant": "contoso.example",             // GUID or domain; need not be among the tenants
///     "audience": "AzureADMultipleOrgs",            // or AzureADMyOrg, AzureADandPersonalMicrosoftAccount
///     "redirect_uris": ["http://localhost/consent/callback"],
///     "secrets": [{"value": "…", "expires": "2030-01-01T00:00:00Z"}],   // expires is optional
///     "certificates": ["-----BEGIN CERTIFICATE-----\n…"],
///     "permissions": [{"resource": "https://graph.microsoft.com", "roles": ["User.Read.All"]}],
///     "owners": ["11111111-…"],                     // client identifiers, or object identifiers of users
///     "public_client": false,                       // whether it may use the device code
///     "group_membership_claims": "DirectoryRole"    // as in Graph; this and "All" put wids into id_tokens
///   }],
///   "tenants": [{
///     "id": "…",                                    // default: a new GUID
///     "domains": ["contoso.example"],
///     "display_name": "Contoso",                    // default: the first domain
///     "users": 12,                                  // how many Graph lists, or a list of
///                                                   //   {"display_name", "user_principal_name", "id", "role",
///                                                   //    "user_type"}
///     "cloud": "public",                            // or usgov, usgov_dod, china: described, never served
///     "administrator": "approves",                  // or declines, ignores, approves_then_revokes
///     "roles_delay_seconds": 0,                     // until roles a consent changed show in tokens
///     "service_principal_delay_seconds": 0,         // until the token endpoint knows a new principal
///     "token_lifetime_seconds": 3599,
///     "blocked": false,                             // Conditional Access refuses every token
///     "missing_service_principal_code": 7000229,    // or 700016
///     "callback": {"answer": "permission_denied",   // what consent pages answer, see ``Callback``; default: the truth
///       "shape": ["no_hash"], "times": 1},
///     "resources": [{"resource": "https://graph.microsoft.com", "state": "disabled"}],   // see ``ResourceCondition``
///     "consented": ["11111111-…"]                   // applications consented to before the start
///   }],
///   "generated_tenants": {                          // or a list of such; all but count is optional
///     "count": 1000, "prefix": "t", "suffix": "generated.example", "users": 5, "consented": [],
///     "behaviours": [{"share": 0.02, "name": "says no", "administrator": "declines"}]   // members of a tenant
///   },
///   "resources": [{                                 // APIs besides Graph, Exchange Online and SharePoint Online
///     "app_id": "…", "display_name": "Orders", "identifiers": ["api://orders"], "token_version": 2,
///     "roles": ["Orders.Read"]                      // roles that applications name are offered anyway
///   }],
///   "replication_delay_seconds": 1.0,               // until all of Graph knows a new application or principal
///   "secret_propagation_scale": 0.1,                // 1: a new credential reaches the token endpoint in 4 to 18 s
///   "device_code_interval_seconds": 5,              // how often a device may ask whether its code was approved
///   "trouble": 0,                                   // the share of token and Graph requests that fail
///   "consent_trouble": 0                            // the share of consent and sign-in pages that fail
/// }
/// ```
///
/// `role` of a user is `none`, `global_administrator`, `privileged_role_administrator`, `application_administrator`
/// or `cloud_application_administrator`; `user_type` is `member` or `guest`, and a guest's principal name is the one it
/// signs in with at home. A tenant in which no listed user may consent has an account
/// `admin@<first domain>` that may; Graph does not list it.
package struct Scenario: Sendable {
    let resources: [ResourceServer]
    let apps: [AppPatch]
    let tenants: [TenantSpecification]
    let latency: Latency
    /// How much fails, unless whoever starts the emulator says otherwise.
    package let trouble: Trouble

    /// A scenario in which nothing exists.
    package static let empty = Scenario(resources: [], apps: [], tenants: [], latency: Latency(), trouble: Trouble())

    private init(
        resources: [ResourceServer], apps: [AppPatch], tenants: [TenantSpecification], latency: Latency,
        trouble: Trouble
    ) {
        self.resources = resources
        self.apps = apps
        self.tenants = tenants
        self.latency = latency
        self.trouble = trouble
    }

    /// Reads a scenario from the bytes of its JSON text.
    ///
    /// - Throws: `ShapeError` naming the JSON path of the first thing that is wrong.
    package init(json bytes: [UInt8]) throws(ShapeError) {
        let shape = try JSONShape(
            try JSON(parsing: bytes), at: "",
            known: Latency.members.union(Trouble.members).union(["apps", "tenants", "resources", "generated_tenants"]))
        var latency = Latency()
        try latency.read(shape)
        var trouble = Trouble()
        try trouble.read(shape)
        var resources: [ResourceServer] = []
        for element in try shape.elements("resources") ?? [] {
            resources.append(try ResourceServer(element.value, at: element.path))
        }
        let known = ResourceServer.wellKnown + resources
        var apps: [AppPatch] = []
        for element in try shape.elements("apps") ?? [] {
            let patch = try AppPatch(element.value, at: element.path) { name in known.first { $0.isNamed(name) } }
            guard let id = patch.clientID else {
                throw ShapeError(path: "\(element.path).client_id", problem: "is missing")
            }
            if apps.contains(where: { $0.clientID == id }) {
                throw ShapeError(path: "\(element.path).client_id", problem: "is used by an earlier application")
            }
            apps.append(patch)
        }
        var tenants: [TenantSpecification] = []
        for element in try shape.elements("tenants") ?? [] {
            tenants.append(try TenantSpecification(element.value, at: element.path))
        }
        if let value = shape.value("generated_tenants") {
            let isList = if case .array = value { true } else { false }
            let groups =
                isList ? try shape.elements("generated_tenants") ?? [] : [(value, shape.place("generated_tenants"))]
            for group in groups { tenants += try GeneratedTenants(group.value, at: group.path).tenants }
        }
        self.init(resources: resources, apps: apps, tenants: tenants, latency: latency, trouble: trouble)
    }
}
