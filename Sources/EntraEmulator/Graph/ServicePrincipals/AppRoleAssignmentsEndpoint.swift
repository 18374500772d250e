import FoundationEssentials

/// `/servicePrincipals/{id}/appRoleAssignedTo` of a resource, and `/appRoleAssignments` of a client: the same grants
/// seen from their two ends.
struct AppRoleAssignmentsEndpoint {
    let request: GraphRequest
    let isOfResource: Bool

    func respond(
        _ address: ServicePrincipalsEndpoint.Address, _ rest: [String]
    ) throws(GraphError) -> Answer {
        switch (request.incoming.method, rest.count) {
        case ("GET", 0), ("HEAD", 0): return try list(address)
        case ("POST", 0): return try add(address)
        case ("DELETE", 1): return try remove(address, rest[0])
        case (_, 0), (_, 1): throw .wrongMethod
        default: throw .noSegment(rest[1])
        }
    }

    private func list(_ address: ServicePrincipalsEndpoint.Address) throws(GraphError) -> Answer {
        try request.caller.requireReadingAssignments()
        let directory = request.service.snapshot
        let owner = try request.principal(address, in: directory)
        let query = try ODataQuery(request.incoming.query, filterable: AppRoleAssignment.filterable)
        let values = assignments(of: owner, in: directory).filter {
            query.filter?.isMet(by: $0.filterValues) ?? true
        }
        return request.answer(
            200, try query.listing(values.map(\.json), set: setName(owner), type: "appRoleAssignment", request))
    }

    private func add(_ address: ServicePrincipalsEndpoint.Address) throws(GraphError) -> Answer {
        let body = try request.body("AppRoleAssignment", known: ["principalId", "resourceId", "appRoleId"])
        let principalID = try body.requiredGUID("principalId")
        let resourceID = try body.requiredGUID("resourceId")
        let roleID = try body.requiredGUID("appRoleId")
        let (made, owner) = try request.change { directory throws(GraphError) in
            let owner = try request.principal(address, in: directory)
            guard owner.objectID == (isOfResource ? resourceID : principalID) else {
                throw .badRequest("The principal in the address and in the body of the request are not the same.")
            }
            guard let tenant = directory.tenants[request.tenant.id],
                let target = PrincipalView(objectID: resourceID, tenant: tenant, directory: directory),
                case .resource(let resource) = target.subject
            else { throw .noObject(resourceID.text) }
            try request.caller.requireAssigningRoles(of: resource.appID)
            let clientID = try client(principalID, tenant, directory)
            guard let role = resource.roles.first(where: { $0.id == roleID }) else {
                throw .badRequest("Permission being assigned was not found on application '\(resourceID.text)'.")
            }
            let granted = tenant.servicePrincipals[clientID]?.grants[resource.appID]?.granted ?? []
            guard !granted.contains(role.value) else {
                throw .badRequest("Permission being assigned already exists on the object")
            }
            let from = request.now.addingTimeInterval(tenant.rolesDelaySeconds)
            directory.update(tenant.id) {
                $0.servicePrincipals[clientID]?.grants[resource.appID, default: ServicePrincipal.Grant()]
                    .set(granted + [role.value], from: from)
            }
            let all = assignments(of: owner, in: directory)
            guard
                let made = all.first(where: {
                    $0.role.id == roleID && $0.principal.objectID == principalID && $0.resource.objectID == resourceID
                })
            else { throw .noObject(principalID.text) }
            return (made, owner)
        }
        let query = try ODataQuery(FormFields())
        return request.answer(
            201, try query.entity(made.json, set: setName(owner), type: "appRoleAssignment", request))
    }

    /// The application of a principal that is to be granted something.
    private func client(_ objectID: GUID, _ tenant: Tenant, _ directory: Directory) throws(GraphError) -> GUID {
        guard let view = PrincipalView(objectID: objectID, tenant: tenant, directory: directory),
            case .client(let clientID, let principal, _) = view.subject
        else { throw .noObject(objectID.text) }
        let stranger = GraphError(
            status: 403, code: "Authorization_RequestDenied",
            message: "When using this permission, the backing application of the service principal must be in the "
                + "local tenant.")
        try request.requireReplicated(from: principal.replicatedFrom, else: stranger)
        return clientID
    }

    private func remove(
        _ address: ServicePrincipalsEndpoint.Address, _ id: String
    ) throws(GraphError) -> Answer {
        try request.change { directory throws(GraphError) in
            let owner = try request.principal(address, in: directory)
            guard let found = assignments(of: owner, in: directory).first(where: { $0.id == id }) else {
                throw .noObject(id)
            }
            let resource = found.resource.clientID
            try request.caller.requireAssigningRoles(of: resource)
            directory.update(request.tenant.id) { tenant in
                let principal = tenant.servicePrincipals[found.principal.clientID]
                let left = (principal?.grants[resource]?.granted ?? []).filter { $0 != found.role.value }
                tenant.servicePrincipals[found.principal.clientID]?.grants[resource]?.set(left, from: request.now)
            }
        }
        return GraphRequest.noContent
    }

    private func assignments(of owner: PrincipalView, in directory: Directory) -> [AppRoleAssignment] {
        guard let tenant = directory.tenants[request.tenant.id] else { return [] }
        return AppRoleAssignment.all(in: tenant, directory: directory).filter {
            (isOfResource ? $0.resource : $0.principal).objectID == owner.objectID
        }
    }

    private func setName(_ owner: PrincipalView) -> String {
        "servicePrincipals('\(owner.objectID.text)')/\(isOfResource ? "appRoleAssignedTo" : "appRoleAssignments")"
    }
}
