/// What exists in the emulated world: the ISV's registration and its customers' tenants.
struct Scenario: Sendable {
    /// The registration that tests work with unless they say otherwise.
    static let clientID = "0d8cd14c-5ad4-4f43-8d1c-6a1f6b5ed3f7"
    static let secret = "canary~secret~8Q~3f.xVn0aKq7Zt1Wm5yRb9Lc"

    /// An app that may register others, in the ISV's own tenant.
    static let registrarID = "7d3c1a84-52be-4f0d-8a7f-3b9c6e2f1d05"
    static let registrarSecret = "canary~registrar~8Q~5g.yWo1bLr8Au2Xn6zSc0M"

    var secrets = [Scenario.secret]
    var customers: [Customer]
    /// How long a new credential takes to be known everywhere, of the 4 to 18 seconds of the original.
    var propagation = 0.1
    /// Whether tokens of users tell the registration their directory roles.
    var tellsDirectoryRoles = false

    /// Further members of the scenario.
    var members: [String: JSON] = [:]

    init(_ customers: Customer...) { self.customers = customers }

    init(_ customers: [Customer]) { self.customers = customers }

    var json: JSON {
        guard case .object(let fixed) = described else { return described }
        return .object(fixed.merging(members) { $1 })
    }

    private var described: JSON {
        [
            "secret_propagation_scale": .number(propagation), "device_code_interval_seconds": 1,
            "apps": [
                [
                    "client_id": .string(Self.registrarID), "display_name": "Registrar",
                    "home_tenant": "tallyport.example", "audience": "AzureADMyOrg",
                    "secrets": [["value": .string(Self.registrarSecret)]],
                    "permissions": [
                        ["resource": "https://graph.microsoft.com", "roles": ["Application.ReadWrite.OwnedBy"]]
                    ],
                ],
                [
                    "client_id": .string(Self.clientID), "display_name": "Tallyport Fleet Sync",
                    "home_tenant": "tallyport.example", "audience": "AzureADMultipleOrgs",
                    "redirect_uris": ["http://localhost/consent/callback"],
                    "group_membership_claims": tellsDirectoryRoles ? "DirectoryRole" : "None",
                    "secrets": .array(secrets.map { ["value": .string($0)] }),
                    "permissions": [
                        [
                            "resource": "https://graph.microsoft.com",
                            "roles": ["User.Read.All", "Organization.Read.All"],
                        ]
                    ],
                ],
            ],
            "tenants": .array((customers + [.isv]).map(\.json)),
        ]
    }
}

/// A customer's tenant.
struct Customer: Sendable {
    let id: String
    let domain: String
    let users: JSON
    /// Further members of the scenario's tenant.
    let behaviour: [String: JSON]

    static let contoso = Customer("4a1d9964-fff4-43c5-8cdd-a61191513b33", "contoso.example")
    static let fabrikam = Customer("df4b5672-237e-463b-8dbc-a79825c31f98", "fabrikam.example")
    static let northwind = Customer("2641e405-f0e0-4bb4-8730-e5e169adc1ae", "northwind.example")

    /// One of many.
    static func number(_ number: Int) -> Customer {
        let digits = String(number + 1_000).dropFirst()
        return Customer("5c0ffee0-0000-4000-8000-000000000\(digits)", "customer\(number).example")
    }

    /// The ISV's own tenant.
    static let isv = Customer("0b6f8e52-9d1c-4c3a-a1d7-6f2e5b8c4a10", "tallyport.example")
        .with("consented", [.string(Scenario.registrarID)])

    private init(_ id: String, _ domain: String, users: JSON = 3, behaviour: [String: JSON] = [:]) {
        self.id = id
        self.domain = domain
        self.users = users
        self.behaviour = behaviour
    }

    func with(users: JSON) -> Customer { Customer(id, domain, users: users, behaviour: behaviour) }

    func with(_ name: String, _ value: JSON) -> Customer {
        Customer(id, domain, users: users, behaviour: behaviour.merging([name: value]) { $1 })
    }

    fileprivate var json: JSON {
        .object(
            behaviour.merging([
                "id": .string(id), "domains": [.string(domain)], "display_name": .string("Company of \(domain)"),
                "users": users,
            ]) { $1 })
    }
}
