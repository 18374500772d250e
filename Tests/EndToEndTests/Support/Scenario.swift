/// What exists in the emulated world: the ISV's registration and its customers' tenants.
struct Scenario: Sendable {
    /// The registration that tests work with unless they say otherwise.
    static let clientID = "0d8cd14c-5ad4-4f43-8d1c-6a1f6b5ed3f7"
    static let secret = "canary~secret~8Q~3f.xVn0aKq7Zt1Wm5yRb9Lc"

    var secrets = [Scenario.secret]
    var customers: [Customer]

    init(_ customers: Customer...) { self.customers = customers }

    var json: JSON {
        [
            "apps": [
                [
                    "client_id": .string(Self.clientID), "display_name": "Tallyport Fleet Sync",
                    "home_tenant": "tallyport.example", "audience": "AzureADMultipleOrgs",
                    "redirect_uris": ["http://localhost/consent/callback"],
                    "secrets": .array(secrets.map { ["value": .string($0)] }),
                    "permissions": [
                        [
                            "resource": "https://graph.microsoft.com",
                            "roles": ["User.Read.All", "Organization.Read.All"],
                        ]
                    ],
                ]
            ],
            "tenants": .array(customers.map(\.json)),
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

    /// A token that no margin of the product accepts twice, so that each use asks the authority.
    var withShortTokens: Customer { with("token_lifetime_seconds", 30) }

    fileprivate var json: JSON {
        .object(
            behaviour.merging([
                "id": .string(id), "domains": [.string(domain)], "display_name": .string("Company of \(domain)"),
                "users": users,
            ]) { $1 })
    }
}
