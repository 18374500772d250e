/// What Graph tells of a tenant without changing it: organization, users, groups, and the caller.
struct DirectoryReads {
    let request: GraphRequest

    private static let readers: Set<String> = ["Directory.Read.All", "Directory.ReadWrite.All"]
    private static let userReaders = readers.union(["User.Read.All", "User.ReadWrite.All", "User.ReadBasic.All"])

    func respond() throws(GraphError) -> Answer {
        guard request.incoming.method == "GET" || request.incoming.method == "HEAD" else { throw .wrongMethod }
        return request.answer(200, try reply())
    }

    private func reply() throws(GraphError) -> JSON {
        let caller = request.caller
        let tenant = request.tenant
        let path = request.path
        switch path {
        case ["organization"]:
            try caller.requireAny(Self.readers.union(["Organization.Read.All", "User.Read.All", "User.Read"]))
            return ["@odata.context": request.context("organization"), "value": [organization(tenant)]]
        case ["me"]: return try me()
        case ["users"]:
            try caller.requireAny(Self.userReaders)
            return try UserPage(request.incoming.query).body(tenant.users, address: "\(request.root)/users")
        case let path where path.count == 2 && path[0] == "users":
            try caller.requireAny(Self.userReaders)
            guard let user = tenant.users.find(path[1]) ?? tenant.account(path[1]) else { throw .noObject(path[1]) }
            return try UserPage(request.incoming.query).entity(user)
        case let path where path.count == 2 && path[0] == "directoryObjects":
            try caller.requireAny(Self.readers.union(["Application.Read.All", "Application.ReadWrite.All"]))
            let found = GUID(path[1]).flatMap {
                DirectoryObject($0, tenant: tenant, directory: request.service.snapshot)
            }
            guard let found else { throw .noObject(path[1]) }
            return found.json
        case ["groups"]:
            try caller.requireAny(
                Self.readers.union(["Group.Read.All", "Group.ReadWrite.All", "GroupMember.Read.All"]))
            return ["@odata.context": request.context("groups"), "value": .array(groups(tenant))]
        default: throw .noSegment(path.first ?? "")
        }
    }

    private func me() throws(GraphError) -> JSON {
        guard case .user(let user) = request.caller.kind else {
            throw GraphError(
                status: 400, code: "BadRequest",
                message: "/me request is only valid with delegated authentication flow.")
        }
        try request.caller.requireAny(Self.userReaders.union(["User.Read", "User.ReadWrite"]))
        guard let user else { throw .noObject(request.caller.objectID.text) }
        return try UserPage(request.incoming.query).entity(user)
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
