/// `/applications/{id}/owners`.
struct ApplicationOwners {
    let request: GraphRequest

    func respond(_ address: ApplicationAddress, _ rest: [String]) throws(GraphError) -> Answer {
        switch (request.incoming.method, rest.count) {
        case ("GET", 0), ("HEAD", 0): return try list(address)
        case ("POST", 1) where rest[0] == "$ref": return try add(address)
        case ("DELETE", 2) where rest[1] == "$ref": return try remove(address, rest[0])
        default: throw .noSegment(rest.first ?? "owners")
        }
    }

    private func list(_ address: ApplicationAddress) throws(GraphError) -> Answer {
        try request.caller.requireReadingApplications()
        let directory = request.service.snapshot
        let app = try request.application(address, in: directory)
        let owners = app.owners.compactMap { object($0, directory)?.json }
        return request.answer(
            200, ["@odata.context": request.context("directoryObjects"), "value": .array(owners)])
    }

    /// `{"@odata.id": "…/directoryObjects/{id}"}`; the host in it does not matter.
    private func add(_ address: ApplicationAddress) throws(GraphError) -> Answer {
        guard let body = try? JSON(parsing: request.incoming.body), let link = body["@odata.id"]?.text,
            let last = link.split(separator: "/").last, let id = GUID(last)
        else { throw .badRequest("Invalid URL format specified for reference property '@odata.id'.") }
        let now = request.now
        try request.change { directory throws(GraphError) in
            var app = try request.application(address, in: directory)
            try request.caller.requireChanging(ownedBy: app.owners)
            guard let owner = DirectoryObject(id, tenant: request.tenant, directory: directory),
                owner.replicatedFrom.map({ $0 <= now }) ?? true
            else { throw .noObject(id.text) }
            guard !app.owners.contains(where: { object($0, directory)?.id == id }) else {
                throw .badRequest(
                    "One or more added object references already exist for the following modified properties: "
                        + "'owners'.")
            }
            app.owners.append(id)
            directory.put(app)
        }
        return GraphRequest.noContent
    }

    private func remove(_ address: ApplicationAddress, _ owner: String) throws(GraphError) -> Answer {
        let directory = request.service.snapshot
        try request.changeApplication(address) { app throws(GraphError) in
            let found = app.owners.firstIndex { $0.text == owner || object($0, directory)?.id.text == owner }
            guard let found else { throw .noObject(owner) }
            app.owners.remove(at: found)
        }
        return GraphRequest.noContent
    }

    /// What an owner is; one that is named by client identifier is that application's service principal.
    private func object(_ owner: GUID, _ directory: Directory) -> DirectoryObject? {
        DirectoryObject(owner, tenant: request.tenant, directory: directory)
            ?? PrincipalView(clientID: owner, tenant: request.tenant, directory: directory).map { .principal($0) }
    }
}
