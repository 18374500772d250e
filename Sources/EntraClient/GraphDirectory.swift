import CurlHTTP
package import FoundationEssentials
package import Tenancy

/// Applications, service principals and their credentials by Microsoft Graph v1.0.
///
/// Source: learn.microsoft.com/graph/api/resources/application and /serviceprincipal.
package struct GraphDirectory: Directory {
    let transport: any HTTPTransport
    let table: CloudTable
    let randomness: Randomness
    /// A service principal of Graph itself, with all its roles and their texts, takes some hundred KiB.
    static let largestReply = 8 * 1_024 * 1_024

    package init(transport: any HTTPTransport, table: CloudTable, randomness: Randomness) {
        self.transport = transport
        self.table = table
        self.randomness = randomness
    }

    // MARK: Applications

    package func application(
        _ address: ApplicationAddress, _ session: DirectorySession
    ) async throws(DirectoryError) -> DirectoryApplication? {
        // `keyCredentials` shows its keys only when it is selected on a single object.
        let select =
            "id,appId,displayName,signInAudience,web,requiredResourceAccess,keyCredentials,passwordCredentials"
        let call = DirectoryCall("read the application", .get, "/applications\(address.key)?$select=\(select)")
        guard let json = try await found(call, session) else { return nil }
        guard let application = DirectoryApplication(json) else { throw DirectoryError(call.operation, .unreadable) }
        return application
    }

    package func upsertApplication(
        uniqueName: String, _ change: ApplicationChange, _ session: DirectorySession
    ) async throws(DirectoryError) {
        try await send(
            DirectoryCall(
                "create the application", .patch, "/applications\(ApplicationAddress.uniqueName(uniqueName).key)",
                body: change.json, headers: [("Prefer", "create-if-missing")]), session)
    }

    package func change(
        _ application: GUID, _ change: ApplicationChange, _ session: DirectorySession
    ) async throws(DirectoryError) {
        try await send(
            DirectoryCall("change the application", .patch, "/applications/\(application)", body: change.json), session)
    }

    package func deleteApplication(_ application: GUID, _ session: DirectorySession) async throws(DirectoryError) {
        try await send(DirectoryCall("delete the application", .delete, "/applications/\(application)"), session)
    }

    package func owners(of application: GUID, _ session: DirectorySession) async throws(DirectoryError) -> Set<GUID> {
        let call = DirectoryCall(
            "list the application's owners", .get, "/applications/\(application)/owners?$select=id")
        return Set(try await list(call, session).compactMap { $0.guid("id") })
    }

    package func addOwner(
        _ principal: GUID, to application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) {
        let reference = "\(try root(session, "add an owner"))/directoryObjects/\(principal)"
        try await send(
            DirectoryCall(
                "add an owner", .post, "/applications/\(application)/owners/$ref",
                body: ["@odata.id": .string(reference)]), session)
    }

    package func user(_ name: String, _ session: DirectorySession) async throws(DirectoryError) -> GUID? {
        let call = DirectoryCall("find the owner", .get, "/users/\(PercentEncoding.encode(name))?$select=id")
        return try await found(call, session)?.guid("id")
    }

    // MARK: Service principals

    package func principals(
        _ api: APIReference, _ session: DirectorySession
    ) async throws(DirectoryError) -> [DirectoryPrincipal] {
        let filter: String
        switch api {
        case .appID(let id): filter = "appId eq '\(id)'"
        case .uri(let uri): filter = "servicePrincipalNames/any(n:n eq '\(uri.quoted)')"
        case .name(let name): filter = "displayName eq '\(name.quoted)'"
        }
        let call = DirectoryCall(
            "find the service principal of \(api)", .get,
            "/servicePrincipals?$filter=\(PercentEncoding.encode(filter))"
                + "&$select=id,appId,displayName,appRoles,oauth2PermissionScopes")
        return try await list(call, session).compactMap(DirectoryPrincipal.init)
    }

    package func addPrincipal(of application: ClientID, _ session: DirectorySession) async throws(DirectoryError) {
        try await send(
            DirectoryCall(
                "create the service principal", .post, "/servicePrincipals",
                body: [
                    "appId": .string(application.description),
                    // Without it the portal does not list the app among the enterprise applications.
                    "tags": .array([.string("WindowsAzureActiveDirectoryIntegratedApp")]),
                ]), session)
    }

    package func assignments(
        of principal: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) -> Set<RoleAssignment> {
        let call = DirectoryCall("list what is granted", .get, "/servicePrincipals/\(principal)/appRoleAssignments")
        return Set(
            try await list(call, session).compactMap { entry in
                guard let resource = entry.guid("resourceId"), let role = entry.guid("appRoleId") else { return nil }
                return RoleAssignment(resource: resource, role: role)
            })
    }

    package func assign(
        _ assignment: RoleAssignment, to principal: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) {
        try await send(
            DirectoryCall(
                "grant the permission", .post, "/servicePrincipals/\(assignment.resource)/appRoleAssignedTo",
                body: [
                    "principalId": .string(principal.description),
                    "resourceId": .string(assignment.resource.description),
                    "appRoleId": .string(assignment.role.description),
                ]), session)
    }

    // MARK: Credentials

    package func addSecret(
        named name: String, until end: Date, to application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) -> (secret: DirectorySecret, text: Secret<String>) {
        let call = DirectoryCall(
            "make a client secret", .post, "/applications/\(application)/addPassword",
            body: [
                "passwordCredential": .object([
                    "displayName": .string(name), "endDateTime": .string(end.formatted(.iso8601)),
                ])
            ])
        let reply = try await send(call, session)
        guard let secret = DirectorySecret(reply), case .string(let text) = reply.member("secretText") else {
            throw DirectoryError(call.operation, .unreadable)
        }
        return (secret, Secret(text))
    }

    package func removeSecret(
        _ keyID: GUID, from application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) {
        try await send(
            DirectoryCall(
                "remove the client secret", .post, "/applications/\(application)/removePassword",
                body: ["keyId": .string(keyID.description)]), session)
    }

    package func addKey(
        _ certificate: [UInt8], named name: String, proof: Secret<String>, to application: GUID,
        _ session: DirectorySession
    ) async throws(DirectoryError) -> GUID? {
        let key = DirectoryKey(keyID: nil, displayName: name, certificate: certificate)
        return try await send(
            DirectoryCall(
                "add the certificate", .post, "/applications/\(application)/addKey",
                body: ["keyCredential": key.json, "passwordCredential": .null, "proof": .string(proof.exposed)]),
            session
        ).guid("keyId")
    }

    package func removeKey(
        _ keyID: GUID, proof: Secret<String>, from application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) {
        try await send(
            DirectoryCall(
                "remove the certificate", .post, "/applications/\(application)/removeKey",
                body: ["keyId": .string(keyID.description), "proof": .string(proof.exposed)]), session)
    }

    package func federations(
        of application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) -> [DirectoryFederation] {
        let call = DirectoryCall(
            "list the federated credentials", .get, "/applications/\(application)/federatedIdentityCredentials")
        return try await list(call, session).compactMap(DirectoryFederation.init)
    }

    package func addFederation(
        _ federation: DirectoryFederation, to application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) -> GUID? {
        try await send(
            DirectoryCall(
                "add the federated credential", .post, "/applications/\(application)/federatedIdentityCredentials",
                body: [
                    "name": .string(federation.name), "issuer": .string(federation.issuer),
                    "subject": .string(federation.subject), "audiences": .array([.string(federation.audience)]),
                ]), session
        ).guid("id")
    }

    package func removeFederation(
        _ id: GUID, from application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) {
        try await send(
            DirectoryCall(
                "remove the federated credential", .delete,
                "/applications/\(application)/federatedIdentityCredentials/\(id)"), session)
    }
}
