/// `/applications/{id}/federatedIdentityCredentials`.
struct FederatedCredentialsEndpoint {
    let request: GraphRequest

    private static let set = "federatedIdentityCredentials"

    /// - Parameter segment: the one that names the collection, with the alternate key it may carry.
    func respond(
        _ address: ApplicationAddress, _ segment: ODataSegment, _ rest: [String]
    ) throws(GraphError) -> Answer {
        var name = rest.first
        if let key = segment.key {
            guard key.name == "name" || key.name == "id", rest.isEmpty else { throw .noSegment(Self.set) }
            name = key.value
        }
        guard rest.count <= 1 else { throw .noSegment(rest[1]) }
        switch (request.incoming.method, name) {
        case ("GET", nil), ("HEAD", nil): return try list(address)
        case ("POST", nil): return try add(address)
        case ("GET", let name?), ("HEAD", let name?): return try show(address, name)
        case ("PATCH", let name?): return try change(address, name)
        case ("DELETE", let name?): return try remove(address, name)
        default: throw .wrongMethod
        }
    }

    private func list(_ address: ApplicationAddress) throws(GraphError) -> Answer {
        try request.caller.requireReadingApplications()
        let app = try request.application(address, in: request.service.snapshot)
        let query = try ODataQuery(request.incoming.query, filterable: ["name", "issuer", "subject"])
        let values = app.federatedCredentials.registered().filter { credential in
            query.filter?.isMet(by: [
                "name": [credential.name], "issuer": [credential.issuer], "subject": [credential.subject],
            ]) ?? true
        }
        return request.answer(
            200,
            try query.listing(
                values.map(Self.json), set: setName(app), type: "federatedIdentityCredential", request))
    }

    private func show(_ address: ApplicationAddress, _ name: String) throws(GraphError) -> Answer {
        try request.caller.requireReadingApplications()
        let app = try request.application(address, in: request.service.snapshot)
        guard let found = app.federatedCredentials.registered().first(where: { Self.fits($0, name) }) else {
            throw .noObject(name)
        }
        return try entity(200, found, app)
    }

    private func add(_ address: ApplicationAddress) throws(GraphError) -> Answer {
        let body = try FederatedCredentialBody(request)
        let (credential, app) = try request.changeApplication(address) { app throws(GraphError) in
            let credential = try body.credential(id: request.service.randomness.guid())
            try insert(credential, into: &app)
            return (credential, app)
        }
        return try entity(201, credential, app)
    }

    private func change(_ address: ApplicationAddress, _ name: String) throws(GraphError) -> Answer {
        let body = try FederatedCredentialBody(request)
        let mayCreate = request.incoming.header("prefer")?.lowercased().contains("create-if-missing") == true
        let made = try request.changeApplication(address) {
            app throws(GraphError) -> (FederatedCredential, AppRegistration)? in
            if let old = app.federatedCredentials.registered().first(where: { Self.fits($0, name) }) {
                let new = try body.changing(old)
                _ = app.federatedCredentials.remove(request.service.spread(from: request.now)) { $0.id == old.id }
                try insert(new, into: &app)
                return nil
            }
            guard mayCreate else { throw .noObject(name) }
            let credential = try body.credential(id: request.service.randomness.guid(), named: name)
            try insert(credential, into: &app)
            return (credential, app)
        }
        guard let made else { return GraphRequest.noContent }
        return try entity(201, made.0, made.1)
    }

    private func remove(_ address: ApplicationAddress, _ name: String) throws(GraphError) -> Answer {
        try request.changeApplication(address) { app throws(GraphError) in
            let spread = request.service.spread(from: request.now)
            guard app.federatedCredentials.remove(spread, where: { Self.fits($0, name) }) else {
                throw .noObject(name)
            }
        }
        return GraphRequest.noContent
    }

    private func insert(_ new: FederatedCredential, into app: inout AppRegistration) throws(GraphError) {
        let others = app.federatedCredentials.registered()
        guard others.count < FederatedCredential.limit else {
            throw .badRequest(
                "The maximum number of \(FederatedCredential.limit) federated identity credentials was reached.")
        }
        guard !others.contains(where: { $0.name == new.name }) else {
            throw .duplicate("FederatedIdentityCredential with name \(new.name) already exists.")
        }
        guard !others.contains(where: { $0.issuer == new.issuer && $0.subject == new.subject }) else {
            throw .duplicate("Issuer and subject combination already exists for this application.")
        }
        app.federatedCredentials.append(Published(new, appears: request.service.spread(from: request.now)))
    }

    private static func fits(_ credential: FederatedCredential, _ name: String) -> Bool {
        credential.name == name || credential.id.text == name.lowercased()
    }

    private func setName(_ app: AppRegistration) -> String {
        "applications('\(app.objectID.text)')/\(Self.set)"
    }

    private func entity(
        _ status: Int, _ credential: FederatedCredential, _ app: AppRegistration
    ) throws(GraphError) -> Answer {
        let query = try ODataQuery(request.incoming.query)
        return request.answer(
            status,
            try query.entity(
                Self.json(credential), set: setName(app), type: "federatedIdentityCredential", request))
    }

    private static func json(_ credential: FederatedCredential) -> JSON {
        [
            "id": .string(credential.id.text), "name": .string(credential.name),
            "issuer": .string(credential.issuer), "subject": .string(credential.subject),
            "description": credential.description.map { .string($0) } ?? .null,
            "audiences": [.string(credential.audience)],
        ]
    }
}
