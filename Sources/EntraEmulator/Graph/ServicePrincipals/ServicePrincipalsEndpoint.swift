import FoundationEssentials

/// `/servicePrincipals` of the caller's tenant.
struct ServicePrincipalsEndpoint {
    /// How a path names one service principal.
    enum Address {
        case objectID(String)
        case clientID(String)

        init?(key: (name: String, value: String)) {
            switch key.name {
            case "appId": self = .clientID(key.value)
            case "id": self = .objectID(key.value)
            default: return nil
            }
        }

        var text: String {
            switch self {
            case .objectID(let text), .clientID(let text): text
            }
        }
    }

    let request: GraphRequest

    /// - Parameter segment: the first one, with the alternate key it may carry.
    func respond(_ segment: ODataSegment) throws(GraphError) -> Answer {
        let method = request.incoming.method
        guard let (key, rest) = request.entity(segment) else {
            switch method {
            case "GET", "HEAD": return try list()
            case "POST": return try create()
            default: throw .wrongMethod
            }
        }
        guard let address = Address(key: key) else { throw .noSegment(request.path[0]) }
        switch (rest.first, method) {
        case (nil, "GET"), (nil, "HEAD"): return try show(address)
        case (nil, "PATCH"): return try change(address)
        case (nil, "DELETE"): return try delete(address)
        case (nil, _): throw .wrongMethod
        case ("appRoleAssignedTo", _), ("appRoleAssignments", _):
            return try AppRoleAssignmentsEndpoint(request: request, isOfResource: rest[0] == "appRoleAssignedTo")
                .respond(address, Array(rest.dropFirst()))
        case (let other?, _): throw .noSegment(other)
        }
    }

    private func list() throws(GraphError) -> Answer {
        try request.caller.requireReadingApplications()
        let query = try ODataQuery(request.incoming.query, filterable: PrincipalView.filterable)
        let directory = request.service.snapshot
        let tenant = directory.tenants[request.tenant.id] ?? request.tenant
        let views = PrincipalView.all(in: tenant, directory: directory).filter { isListed($0, query) }
        return request.answer(
            200, try query.listing(views.map(\.json), set: "servicePrincipals", type: "servicePrincipal", request))
    }

    private func isListed(_ view: PrincipalView, _ query: ODataQuery) -> Bool {
        if let from = view.replicatedFrom, request.now < from { return false }
        return query.filter?.isMet(by: view.filterValues) ?? true
    }

    private func show(_ address: Address) throws(GraphError) -> Answer {
        let directory = request.service.snapshot
        let view = try request.principal(address, in: directory)
        if view.objectID != request.caller.objectID { try request.caller.requireReadingApplications() }
        return try entity(200, view)
    }

    private func create() throws(GraphError) -> Answer {
        let body = try request.body(
            "ServicePrincipal",
            known: ["appId", "accountEnabled", "tags", "appRoleAssignmentRequired", "displayName", "notes"])
        let clientID = try body.requiredGUID("appId")
        let isEnabled = try body.bool("accountEnabled") ?? true
        let tags = try body.strings("tags") ?? []
        try request.caller.requireCreatingApplications()
        let view = try request.change { directory throws(GraphError) in
            guard var tenant = directory.tenants[request.tenant.id] else { throw .noObject(request.tenant.id.text) }
            guard PrincipalView(clientID: clientID, tenant: tenant, directory: directory) == nil else {
                throw .duplicate(
                    "The service principal cannot be created, updated, or restored because the service principal name "
                        + "\(clientID.text) is already in use.")
            }
            try backing(clientID, tenant, directory)
            tenant.servicePrincipals[clientID] = ServicePrincipal(
                objectID: request.service.randomness.guid(),
                usableFrom: request.now.addingTimeInterval(tenant.servicePrincipalDelaySeconds), created: request.now,
                replicatedFrom: request.replicatedFrom, isEnabled: isEnabled, tags: tags)
            directory.update(tenant.id) { $0 = tenant }
            guard let view = PrincipalView(clientID: clientID, tenant: tenant, directory: directory) else {
                throw .noObject(clientID.text)
            }
            return view
        }
        return try entity(201, view)
    }

    /// Refuses a service principal for an application that is unknown, is not for this tenant, or is still on its way.
    private func backing(_ clientID: GUID, _ tenant: Tenant, _ directory: Directory) throws(GraphError) {
        let message =
            "The appId '\(clientID.text)' of the service principal does not reference a valid application object."
        let missing = GraphError.badRequest(message, details: [("NoBackingApplicationObject", message)])
        guard let app = directory.apps[clientID], app.isAvailable(in: tenant) else { throw missing }
        guard app.isHome(tenant) else {
            // To own applications is not enough for one of another tenant.
            return try request.caller.requireChanging(ownedBy: [])
        }
        try request.requireReplicated(from: app.replicatedFrom, else: missing)
        try request.caller.requireChanging(ownedBy: app.owners)
    }

    private func change(_ address: Address) throws(GraphError) -> Answer {
        let body = try request.body(
            "ServicePrincipal", known: ["accountEnabled", "tags", "appRoleAssignmentRequired", "notes"])
        let isEnabled = try body.bool("accountEnabled")
        let tags = try body.strings("tags")
        try changePrincipal(address) { tenant, clientID in
            if let isEnabled { tenant.servicePrincipals[clientID]?.isEnabled = isEnabled }
            if let tags { tenant.servicePrincipals[clientID]?.tags = tags }
        }
        return GraphRequest.noContent
    }

    private func delete(_ address: Address) throws(GraphError) -> Answer {
        let now = request.now
        try changePrincipal(address) { tenant, clientID in
            guard let principal = tenant.servicePrincipals.removeValue(forKey: clientID) else { return }
            tenant.deletedPrincipals[clientID] = Tenant.DeletedPrincipal(principal: principal, deleted: now)
        }
        return GraphRequest.noContent
    }

    private func changePrincipal(
        _ address: Address, _ change: @Sendable (inout Tenant, GUID) -> Void
    ) throws(GraphError) {
        try request.change { directory throws(GraphError) in
            let view = try request.principal(address, in: directory)
            guard case .client(let clientID, _, let app) = view.subject else { throw .denied }
            let isHome = app?.isHome(request.tenant) ?? false
            try request.caller.requireChanging(ownedBy: isHome ? app?.owners ?? [] : [])
            directory.update(request.tenant.id) { change(&$0, clientID) }
        }
    }

    private func entity(_ status: Int, _ view: PrincipalView) throws(GraphError) -> Answer {
        let query = try ODataQuery(request.incoming.query)
        return request.answer(
            status, try query.entity(view.json, set: "servicePrincipals", type: "servicePrincipal", request))
    }
}

extension GraphRequest {
    /// The service principal of that name, if this replica knows it.
    func principal(
        _ address: ServicePrincipalsEndpoint.Address, in directory: Directory
    ) throws(GraphError) -> PrincipalView {
        guard let tenant = directory.tenants[tenant.id], let id = GUID(address.text) else {
            throw .noObject(address.text)
        }
        let found =
            switch address {
            case .objectID: PrincipalView(objectID: id, tenant: tenant, directory: directory)
            case .clientID: PrincipalView(clientID: id, tenant: tenant, directory: directory)
            }
        guard let found else { throw .noObject(address.text) }
        if let instant = found.replicatedFrom { try requireReplicated(from: instant, else: .noObject(address.text)) }
        return found
    }
}
