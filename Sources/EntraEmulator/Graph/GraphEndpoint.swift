import FoundationEssentials
import Synchronization

/// The Graph host: organization, users and groups of the caller's tenant.
struct GraphEndpoint {
    let service: EmulatedService

    func respond(_ incoming: Incoming) -> Answer {
        guard let addresses = service.addresses else { return .text(503, "The emulator is starting.") }
        let correlation = Correlation(
            incoming, form: FormFields(), now: service.clock.now, randomness: service.randomness)
        let caller = Result { () throws(GraphError) in
            try GraphCaller(incoming, service: service, now: correlation.now)
        }
        let tenant = (try? caller.get()).flatMap { service.snapshot.tenants[$0.tenant] }
        let names = tenant.map { [$0.id.text] + $0.domains } ?? []
        let fault = service.faults.withLock { $0.take(endpoint: .graph, names: names) }
        var answer =
            fault?.answer(addresses: addresses, correlation)
            ?? answered(incoming, caller, tenant, addresses, correlation)
        answer.headers += [
            ("request-id", correlation.traceID.text), ("client-request-id", correlation.correlationID.text),
            ("Strict-Transport-Security", "max-age=31536000"), ("Cache-Control", "no-cache"),
        ]
        answer.note.tenant = tenant?.id
        answer.note.clientID = try? caller.get().clientID
        service.record(answer, to: incoming, endpoint: .graph)
        return answer
    }

    private func answered(
        _ incoming: Incoming, _ caller: Result<GraphCaller, GraphError>, _ tenant: Tenant?,
        _ addresses: EmulatorAddresses, _ correlation: Correlation
    ) -> Answer {
        do throws(GraphError) {
            let caller = try caller.get()
            guard incoming.method == "GET" || incoming.method == "HEAD" else { throw GraphError.wrongMethod }
            guard let tenant else { throw GraphError.invalidToken("The tenant of the token does not exist.") }
            return .json(
                200, try reply(incoming, caller, tenant, root: root(incoming, addresses)),
                headers: [("OData-Version", "4.0")])
        } catch {
            var answer = error.answer(correlation)
            if error.status == 401 {
                answer.headers.append(
                    (
                        "WWW-Authenticate",
                        "Bearer realm=\"\", authorization_uri=\"\(addresses.login)/common/oauth2/authorize\", "
                            + "client_id=\"\(ResourceServer.graphAppID.text)\""
                    ))
            }
            return answer
        }
    }

    private func reply(
        _ incoming: Incoming, _ caller: GraphCaller, _ tenant: Tenant, root: String
    ) throws(GraphError) -> JSON {
        guard incoming.segments.first == "v1.0" else {
            throw GraphError(
                status: 400, code: "BadRequest", message: "Invalid version: \(incoming.segments.first ?? "").")
        }
        let readers: Set = ["Directory.Read.All", "Directory.ReadWrite.All"]
        switch incoming.segments.dropFirst().map({ $0 }) {
        case ["organization"]:
            try caller.requireAny(readers.union(["Organization.Read.All", "User.Read.All"]))
            return ["@odata.context": .string("\(root)/$metadata#organization"), "value": [organization(tenant)]]
        case ["users"]:
            try caller.requireAny(readers.union(["User.Read.All", "User.ReadWrite.All"]))
            return try UserPage(incoming.query).body(tenant.users, address: "\(root)/users")
        case let path where path.count == 2 && path[0] == "users":
            try caller.requireAny(readers.union(["User.Read.All", "User.ReadWrite.All"]))
            guard let user = tenant.users.find(path[1]) else { throw .noObject(path[1]) }
            return try UserPage(incoming.query).entity(user)
        case ["groups"]:
            try caller.requireAny(readers.union(["Group.Read.All", "Group.ReadWrite.All", "GroupMember.Read.All"]))
            return ["@odata.context": .string("\(root)/$metadata#groups"), "value": .array(groups(tenant))]
        default: throw .noSegment(incoming.segments.dropFirst().first ?? "")
        }
    }

    /// The root of links: the spelling of this host that the client used, so that a client which follows links only on
    /// the host it knows can follow them.
    private func root(_ incoming: Incoming, _ addresses: EmulatorAddresses) -> String {
        let asked = "https://\(incoming.host.lowercased())"
        return (EmulatorAddresses.spellings(of: addresses.graph).contains(asked) ? asked : addresses.graph) + "/v1.0"
    }

    private func organization(_ tenant: Tenant) -> JSON {
        [
            "id": .string(tenant.id.text), "displayName": .string(tenant.displayName), "tenantType": "AAD",
            "createdDateTime": "2020-01-01T00:00:00Z", "countryLetterCode": "US",
            "verifiedDomains": .array(
                tenant.domains.enumerated().map { index, domain in
                    [
                        "name": .string(domain), "type": "Managed", "isInitial": .bool(index == 0),
                        "isDefault": .bool(index == 0), "capabilities": "Email, OfficeCommunicationsOnline",
                    ]
                }),
        ]
    }

    private func groups(_ tenant: Tenant) -> [JSON] {
        ["All Employees", "Administrators", "Partners"].map { name in
            [
                "id": .string(GUID(naming: tenant.id.text, "group", name).text), "displayName": .string(name),
                "groupTypes": [], "mailEnabled": false, "securityEnabled": true,
                "mailNickname": .string(name.filter { $0 != " " }.lowercased()),
            ]
        }
    }
}
