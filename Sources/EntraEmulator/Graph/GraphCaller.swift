import FoundationEssentials

/// An application whose access token Graph has verified.
struct GraphCaller {
    let tenant: GUID
    let clientID: String
    /// What the token says, whatever the directory says by now: a revoked role works until the token ends.
    let roles: Set<String>

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
        guard let audience = token.claims["aud"]?.text,
            service.snapshot.resource(named: audience)?.appID == ResourceServer.graphAppID
        else { throw .invalidToken("Access token validation failure. Invalid audience.") }
        guard let tenant = token.claims["tid"]?.text.flatMap({ GUID($0) }) else {
            throw .invalidToken("Access token validation failure. No tenant.")
        }
        self.tenant = tenant
        clientID = token.claims["appid"]?.text ?? ""
        var roles: Set<String> = []
        if case .array(let values) = token.claims["roles"] { roles = Set(values.compactMap(\.text)) }
        self.roles = roles
    }

    func requireAny(_ wanted: Set<String>) throws(GraphError) {
        if roles.isDisjoint(with: wanted) { throw .denied }
    }
}
