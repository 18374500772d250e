import FoundationEssentials

/// Who holds an access token that Graph has verified: an application by itself, or one that acts for a user.
struct GraphCaller {
    enum Kind {
        case app
        /// `nil` when the user is gone.
        case user(User?)
    }

    let tenant: GUID
    let clientID: String
    /// `oid`: the service principal of an application, or the user.
    let objectID: GUID
    let kind: Kind
    /// `roles` or `scp`: what the token says, whatever the directory says by now. A revoked role works until the token
    /// ends.
    let permissions: Set<String>

    /// - Throws: `GraphError` when there is no bearer token, or one not signed by this emulator, expired, or issued for
    ///   another resource.
    init(_ incoming: Incoming, service: EmulatedService, now: Date) throws(GraphError) {
        guard let header = incoming.header("authorization"), header.lowercased().hasPrefix("bearer "),
            header.utf8.count > 7
        else { throw .emptyToken }
        guard let token = CompactToken(String(header.dropFirst(7))) else {
            throw .invalidToken("IDX14100: JWT is not well formed, there are no dots (.).")
        }
        guard token.header["alg"]?.text == "RS256", service.keys.all.contains(where: { $0.verifies(token) }) else {
            throw .invalidToken("Access token validation failure. Invalid signature.")
        }
        guard let expires = token.time("exp"), now.timeIntervalSince1970 < expires else {
            throw .invalidToken("Lifetime validation failed, the token is expired.")
        }
        let directory = service.snapshot
        guard let audience = token.claims["aud"]?.text,
            directory.resource(named: audience)?.appID == ResourceServer.graphAppID
        else { throw .invalidToken("Access token validation failure. Invalid audience.") }
        guard let tenant = token.claims["tid"]?.text.flatMap({ GUID($0) }),
            let objectID = token.claims["oid"]?.text.flatMap({ GUID($0) })
        else { throw .invalidToken("Access token validation failure. No tenant.") }
        self.tenant = tenant
        self.objectID = objectID
        clientID = token.claims["appid"]?.text ?? ""
        if token.claims["idtyp"]?.text == "user" {
            kind = .user(directory.tenants[tenant]?.user(objectID))
            permissions = Set((token.claims["scp"]?.text ?? "").split(separator: " ").map(String.init))
        } else {
            kind = .app
            var roles: Set<String> = []
            if case .array(let values) = token.claims["roles"] { roles = Set(values.compactMap(\.text)) }
            permissions = roles
        }
    }

    func requireAny(_ wanted: Set<String>) throws(GraphError) {
        if permissions.isDisjoint(with: wanted) { throw .denied }
    }
}

extension Tenant {
    /// The account of that object identifier, listed or not.
    func user(_ objectID: GUID) -> User? {
        defaultAdministrator.id == objectID ? defaultAdministrator : users.find(objectID.text)
    }
}
