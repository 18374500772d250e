import FoundationEssentials

/// `/applications`: the applications the caller's tenant owns.
struct ApplicationsEndpoint {
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
        guard let address = ApplicationAddress(key: key) else { throw .noSegment(request.path[0]) }
        switch (rest.first, method) {
        case (nil, "GET"), (nil, "HEAD"): return try show(address)
        case (nil, "PATCH"): return try change(address)
        case (nil, "DELETE"): return try delete(address)
        case (nil, _): throw .wrongMethod
        case ("owners", _): return try ApplicationOwners(request: request).respond(address, Array(rest.dropFirst()))
        default:
            guard let last = rest.first.flatMap({ ODataSegment($0) }) else { throw .noSegment(rest.first ?? "") }
            if last.name == "federatedIdentityCredentials" {
                return try FederatedCredentialsEndpoint(request: request)
                    .respond(address, last, Array(rest.dropFirst()))
            }
            guard rest.count == 1 else { throw .noSegment(rest[0]) }
            return try ApplicationCredentials(request: request).respond(address, action: rest[0])
        }
    }

    private func list() throws(GraphError) -> Answer {
        try request.caller.requireReadingApplications()
        let query = try ODataQuery(request.incoming.query, filterable: ApplicationView.filterable)
        let views = request.service.snapshot.apps.values
            .filter { $0.isHome(request.tenant) && $0.replicatedFrom <= request.now }
            .sorted { ($0.created, $0.clientID.text) < ($1.created, $1.clientID.text) }
            .map { ApplicationView(app: $0, tenant: request.tenant) }
            .filter { query.filter?.isMet(by: $0.filterValues) ?? true }
        return request.answer(
            200, try query.listing(views.map { $0.json() }, set: "applications", type: "application", request))
    }

    private func show(_ address: ApplicationAddress) throws(GraphError) -> Answer {
        try request.caller.requireReadingApplications()
        let query = try ODataQuery(request.incoming.query)
        let app = try request.application(address, in: request.service.snapshot)
        let value = ApplicationView(app: app, tenant: request.tenant).json(withKeys: query.selects("keyCredentials"))
        return request.answer(200, try query.entity(value, set: "applications", type: "application", request))
    }

    private func create() throws(GraphError) -> Answer {
        try request.caller.requireCreatingApplications()
        let body = try ApplicationBody(request)
        let app = try request.change { directory throws(GraphError) in
            try made(body, uniqueName: body.uniqueName, &directory)
        }
        return try created(app)
    }

    /// With `Prefer: create-if-missing` a PATCH by unique name makes the application, and never makes it twice.
    private func change(_ address: ApplicationAddress) throws(GraphError) -> Answer {
        let body = try ApplicationBody(request)
        let mayCreate = request.incoming.header("prefer")?.lowercased().contains("create-if-missing") == true
        let app = try request.change { directory throws(GraphError) -> AppRegistration? in
            if case .uniqueName(let name) = address {
                if let known = address.find(in: directory, home: request.tenant) {
                    try update(known, body, &directory)
                    return nil
                }
                guard mayCreate else { throw .noObject(name) }
                try request.caller.requireCreatingApplications()
                return try made(body, uniqueName: name, &directory)
            }
            try update(try request.application(address, in: directory), body, &directory)
            return nil
        }
        guard let app else { return GraphRequest.noContent }
        return try created(app)
    }

    private func update(
        _ app: AppRegistration, _ body: ApplicationBody, _ directory: inout Directory
    ) throws(GraphError) {
        try request.caller.requireChanging(ownedBy: app.owners)
        var changed = app
        try body.apply(
            to: &changed, spread: request.service.spread(from: request.now), randomness: request.service.randomness)
        directory.put(changed)
    }

    private func made(
        _ body: ApplicationBody, uniqueName: String?, _ directory: inout Directory
    ) throws(GraphError) -> AppRegistration {
        guard let displayName = body.displayName else {
            throw .badRequest("A value is required for property 'displayName' of resource 'Application'.")
        }
        if let uniqueName, ApplicationAddress.uniqueName(uniqueName).find(in: directory, home: request.tenant) != nil {
            throw .duplicate("Another object with the same value for property uniqueName already exists.")
        }
        var app = AppRegistration(
            clientID: request.service.randomness.guid(), objectID: request.service.randomness.guid(),
            created: request.now, replicatedFrom: request.replicatedFrom, uniqueName: uniqueName,
            displayName: displayName, homeTenant: request.tenant.id.text, audience: .anyTenantAndPersonal,
            owners: [request.caller.objectID])
        try body.apply(
            to: &app, spread: request.service.spread(from: request.now), randomness: request.service.randomness)
        directory.put(app)
        return app
    }

    private func created(_ app: AppRegistration) throws(GraphError) -> Answer {
        let value = ApplicationView(app: app, tenant: request.tenant).json()
        let query = try ODataQuery(FormFields())
        var answer = request.answer(201, try query.entity(value, set: "applications", type: "application", request))
        answer.headers.append(("Location", "\(request.root)/applications/\(app.objectID.text)"))
        return answer
    }

    private func delete(_ address: ApplicationAddress) throws(GraphError) -> Answer {
        try request.change { directory throws(GraphError) in
            let app = try request.application(address, in: directory)
            try request.caller.requireChanging(ownedBy: app.owners)
            directory.removeApp(app, home: request.tenant.id)
        }
        return GraphRequest.noContent
    }
}

extension GraphRequest {
    /// The application of that name, if this replica knows it.
    func application(_ address: ApplicationAddress, in directory: Directory) throws(GraphError) -> AppRegistration {
        guard let app = address.find(in: directory, home: tenant) else { throw .noObject(address.text) }
        try requireReplicated(from: app.replicatedFrom, else: .noObject(address.text))
        return app
    }

    /// Changes one application, if the caller may.
    func changeApplication<Value: Sendable>(
        _ address: ApplicationAddress, _ change: (inout AppRegistration) throws(GraphError) -> Value
    ) throws(GraphError) -> Value {
        try self.change { directory throws(GraphError) in
            var app = try application(address, in: directory)
            try caller.requireChanging(ownedBy: app.owners)
            let value = try change(&app)
            directory.put(app)
            return value
        }
    }
}
