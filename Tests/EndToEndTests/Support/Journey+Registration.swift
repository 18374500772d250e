import Testing

/// The app is registered here, instead of being given.
extension Journey {
    static let spec = """
        name: fleet
        display_name: Tallyport Fleet Sync
        home_tenant: tallyport.example
        audience: AzureADMultipleOrgs
        redirect_uris:
          - http://localhost/consent/callback
        permissions:
          - role: User.Read.All
            reason: Lists the people
          - role: Organization.Read.All
            reason: Reads the company's name

        """

    /// The spec as a file, with parts of it replaced.
    func spec(_ name: String = "app.yaml", replacing changes: (String, String)...) throws -> String {
        try file(
            name, changes.reduce(Self.spec) { $0.replacing($1.0, with: $1.1) })
    }

    /// Makes the app known that may register others.
    func addRegistrar() async throws {
        try await tenantry(
            "app", "add", "registrar", "--client-id", Scenario.registrarID, "--secret-file", "-", "--audience",
            "AzureADMyOrg", "--home-tenant", "tallyport.example", "--permission", "Application.ReadWrite.OwnedBy",
            input: Scenario.registrarSecret)
    }

    /// From nothing to a registered app with a certificate of its own, in a running service.
    ///
    /// - Returns: the service and the app's client id.
    func register(_ customers: Customer...) async throws -> (service: Service, client: String) {
        try await initialise()
        let service = try await serve()
        try await addRegistrar()
        try await tenantry("app", "apply", "-f", try spec(), "--as", "registrar", "--yes")
        try await tenantry("credential", "add", "fleet", "--make", "certificate")
        for customer in customers { try await tenantry("tenant", "add", customer.domain) }
        let app = try await tenantry("app", "show", "fleet", "-o", "json").json
        return (service, app["client_id"].text)
    }

    /// The credentials of the app, by state.
    func credentials() async throws -> [(id: String, state: String)] {
        try await tenantry("credential", "list", "fleet", "-o", "json").json.items.map {
            ($0["id"].text, $0["state"].text)
        }
    }

    /// The application as the emulated directory has it.
    func applications() async throws -> [JSON] {
        try await world.control("GET", "/state")["apps"].items.filter {
            $0["display_name"] == "Tallyport Fleet Sync" && $0["client_id"].text != Scenario.clientID
        }
    }

    /// Runs a command that wants somebody to sign in, and does so in a browser's place.
    func signingIn(
        _ words: String..., deciding decision: String = "approve", as user: String? = nil, exit code: Int32 = 0
    )
        async throws -> Finished
    {
        try await withThrowingTaskGroup(of: Finished?.self) { group in
            group.addTask { try await self.tenantry(words + ["--sign-in"], exit: code) }
            group.addTask {
                while !Task.isCancelled {
                    let waiting = try await self.world.control("GET", "/device")["sign_ins"].items
                        .last { $0["state"] == "waiting" }
                    if let waiting {
                        var body: [String: JSON] = ["user_code": waiting["user_code"], "decision": .string(decision)]
                        if let user { body["user"] = .string(user) }
                        try await self.world.control("POST", "/device", .object(body))
                        return nil
                    }
                    await Task.yield()
                }
                return nil
            }
            while let ended = try await group.next() {
                guard let ended else { continue }
                group.cancelAll()
                return ended
            }
            throw World.Refused(description: "the command did not end")
        }
    }
}
