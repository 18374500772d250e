package import Foundation
import Synchronization
package import Tenancy

/// A directory in memory that counts its requests, can lose any of them or its reply, and shows what is new late.
package final class MemoryDirectory: Directory {
    package struct State: Sendable {
        package var applications: [DirectoryApplication] = []
        package var uniqueNames: [String: GUID] = [:]
        package var owners: [GUID: Set<GUID>] = [:]
        package var principals: [DirectoryPrincipal] = []
        package var assignments: [GUID: Set<RoleAssignment>] = [:]
        package var federations: [GUID: [DirectoryFederation]] = [:]
        /// Every request that was carried out, by name.
        package var log: [String] = []
        var requests = 0
        var made = 0
        /// Object ids with how many more requests do not see them.
        var unseen: [GUID: Int] = [:]
    }

    /// What becomes of a request.
    package enum Fate: Sendable {
        case arrives
        /// It never gets there.
        case isLost
        /// It is carried out, and its reply never comes back.
        case losesItsReply
        case isRefused(DirectoryError.Reason)
    }

    private let storage: Mutex<State>
    private let fate: @Sendable (_ number: Int, _ name: String) -> Fate
    /// How many requests do not see what was just made.
    private let lag: Int

    package static let graphRoles = PermissionCatalogue.graphRoles
    package static let graphScopes = [
        DirectoryPrincipal.Role(id: numbered(900), value: "User.Read"),
        DirectoryPrincipal.Role(id: numbered(901), value: "Mail.Read.Shared"),
    ]

    package init(lag: Int = 0, fate: @escaping @Sendable (_ number: Int, _ name: String) -> Fate = { _, _ in .arrives })
    {
        self.lag = lag
        self.fate = fate
        var state = State()
        let graph = PermissionCatalogue.apis[0]
        state.principals = [
            DirectoryPrincipal(
                objectID: Self.numbered(800), clientID: graph.appID, displayName: graph.name, roles: Self.graphRoles,
                scopes: Self.graphScopes)
        ]
        storage = Mutex(state)
    }

    /// The same world under another fate: what a process finds that comes after one that died.
    package init(
        continuing other: MemoryDirectory, fate: @escaping @Sendable (Int, String) -> Fate = { _, _ in .arrives }
    ) {
        lag = other.lag
        self.fate = fate
        var state = other.state
        state.requests = 0
        storage = Mutex(state)
    }

    package var state: State { storage.withLock { $0 } }

    /// Changes the world behind everybody's back.
    package func change(_ body: (inout State) -> Void) { storage.withLock { body(&$0) } }

    package static func numbered(_ number: Int) -> GUID {
        let digits = String(number, radix: 16)
        let text = "00000000-0000-4000-9000-" + String(repeating: "0", count: 12 - digits.count) + digits
        guard let guid = GUID(text) else { preconditionFailure("\(text) is no GUID") }
        return guid
    }

    private func request<Value>(
        _ name: String, _ body: (inout State) throws(DirectoryError) -> Value
    ) throws(DirectoryError) -> Value {
        try storage.withLock { (state) throws(DirectoryError) in
            state.requests += 1
            let fate = fate(state.requests, name)
            switch fate {
            case .isLost: throw DirectoryError(name, .unavailable("it was lost"))
            case .isRefused(let reason): throw DirectoryError(name, reason)
            case .arrives, .losesItsReply: break
            }
            let value = try body(&state)
            state.log.append(name)
            if case .losesItsReply = fate { throw DirectoryError(name, .unavailable("the reply was lost")) }
            return value
        }
    }

    private func next(_ state: inout State) -> GUID {
        state.made += 1
        let id = Self.numbered(state.made)
        if lag > 0 { state.unseen[id] = lag }
        return id
    }

    /// Whether a request sees the object; every look brings the moment nearer.
    private static func isSeen(_ id: GUID, _ state: inout State) -> Bool {
        guard let left = state.unseen[id] else { return true }
        state.unseen[id] = left > 1 ? left - 1 : nil
        return false
    }

    private func index(_ id: GUID, _ state: inout State, _ name: String) throws(DirectoryError) -> Int {
        guard let index = state.applications.firstIndex(where: { $0.objectID == id }), Self.isSeen(id, &state) else {
            throw DirectoryError(name, .missing)
        }
        return index
    }

    // MARK: Applications

    package func application(
        _ address: ApplicationAddress, _ session: DirectorySession
    ) async throws(DirectoryError) -> DirectoryApplication? {
        try request("read application") { (state) throws(DirectoryError) in
            let found = state.applications.first { application in
                switch address {
                case .objectID(let id): application.objectID == id
                case .clientID(let id): application.clientID == id
                case .uniqueName(let name): state.uniqueNames[name] == application.objectID
                }
            }
            guard let found, Self.isSeen(found.objectID, &state) else { return nil }
            return found
        }
    }

    package func upsertApplication(
        uniqueName: String, _ change: ApplicationChange, _ session: DirectorySession
    ) async throws(DirectoryError) {
        try request("upsert application") { (state) throws(DirectoryError) in
            if let id = state.uniqueNames[uniqueName],
                let index = state.applications.firstIndex(where: { $0.objectID == id })
            {
                return Self.apply(change, to: &state.applications[index])
            }
            let id = next(&state)
            var application = DirectoryApplication(
                objectID: id, clientID: ClientID(Self.numbered(5_000 + state.made)), displayName: "",
                audience: "AzureADandPersonalMicrosoftAccount", redirectURIs: [], access: [])
            Self.apply(change, to: &application)
            state.applications.append(application)
            state.uniqueNames[uniqueName] = id
        }
    }

    private static func apply(_ change: ApplicationChange, to application: inout DirectoryApplication) {
        if let name = change.displayName { application.displayName = name }
        if let audience = change.audience { application.audience = audience.rawValue }
        if let uris = change.redirectURIs { application.redirectURIs = uris }
        if let access = change.access { application.access = access }
        if let keys = change.keys {
            application.keys = keys.enumerated().map { number, key in
                var key = key
                key.keyID = key.keyID ?? numbered(7_000 + number + (key.certificate?.count ?? 0))
                return key
            }
        }
    }

    package func change(
        _ application: GUID, _ change: ApplicationChange, _ session: DirectorySession
    ) async throws(DirectoryError) {
        try request("change application") { (state) throws(DirectoryError) in
            let index = try index(application, &state, "change application")
            Self.apply(change, to: &state.applications[index])
        }
    }

    package func deleteApplication(_ application: GUID, _ session: DirectorySession) async throws(DirectoryError) {
        try request("delete application") { (state) throws(DirectoryError) in
            let index = try index(application, &state, "delete application")
            let client = state.applications.remove(at: index).clientID
            state.principals.removeAll { $0.clientID == client.guid }
        }
    }

    package func owners(of application: GUID, _ session: DirectorySession) async throws(DirectoryError) -> Set<GUID> {
        try request("list owners") { (state) throws(DirectoryError) in
            _ = try index(application, &state, "list owners")
            return state.owners[application] ?? []
        }
    }

    package func addOwner(
        _ principal: GUID, to application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) {
        try request("add owner") { (state) throws(DirectoryError) in
            _ = try index(application, &state, "add owner")
            guard state.owners[application, default: []].insert(principal).inserted else {
                throw DirectoryError("add owner", .refused(400, "Request_BadRequest"))
            }
        }
    }

    /// `user7@…` is user number 7.
    package func user(_ name: String, _ session: DirectorySession) async throws(DirectoryError) -> GUID? {
        try request("find user") { (_) throws(DirectoryError) in
            Int(name.prefix { $0 != "@" }.filter(\.isNumber)).map(Self.numbered)
        }
    }

    // MARK: Service principals

    package func principals(
        _ api: APIReference, _ session: DirectorySession
    ) async throws(DirectoryError) -> [DirectoryPrincipal] {
        try request("find principal") { (state) throws(DirectoryError) in
            let found = state.principals.filter { principal in
                switch api {
                case .appID(let id): principal.clientID == id
                case .name(let name): principal.displayName == name
                case .uri: false
                }
            }
            return found.filter { Self.isSeen($0.objectID, &state) }
        }
    }

    package func addPrincipal(of application: ClientID, _ session: DirectorySession) async throws(DirectoryError) {
        try request("add principal") { (state) throws(DirectoryError) in
            guard let app = state.applications.first(where: { $0.clientID == application }),
                Self.isSeen(app.objectID, &state)
            else { throw DirectoryError("add principal", .missing) }
            guard !state.principals.contains(where: { $0.clientID == application.guid }) else {
                throw DirectoryError("add principal", .exists)
            }
            let id = next(&state)
            state.principals.append(
                DirectoryPrincipal(objectID: id, clientID: application.guid, displayName: app.displayName))
        }
    }

    package func assignments(
        of principal: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) -> Set<RoleAssignment> {
        try request("list assignments") { (state) throws(DirectoryError) in state.assignments[principal] ?? [] }
    }

    package func assign(
        _ assignment: RoleAssignment, to principal: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) {
        try request("assign") { (state) throws(DirectoryError) in
            guard Self.isSeen(principal, &state) else { throw DirectoryError("assign", .forbidden) }
            guard state.assignments[principal, default: []].insert(assignment).inserted else {
                throw DirectoryError("assign", .refused(400, "Request_BadRequest"))
            }
        }
    }

    // MARK: Credentials

    package func addSecret(
        named name: String, until end: Date, to application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) -> (secret: DirectorySecret, text: Secret<String>) {
        try request("add secret") { (state) throws(DirectoryError) in
            let index = try index(application, &state, "add secret")
            state.made += 1
            let secret = DirectorySecret(
                keyID: Self.numbered(6_000 + state.made), displayName: name, expiresAt: end, hint: "mad")
            state.applications[index].secrets.append(secret)
            return (secret, Secret("made-secret-\(state.made)"))
        }
    }

    package func removeSecret(
        _ keyID: GUID, from application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) {
        try request("remove secret") { (state) throws(DirectoryError) in
            let index = try index(application, &state, "remove secret")
            state.applications[index].secrets.removeAll { $0.keyID == keyID }
        }
    }

    package func addKey(
        _ certificate: [UInt8], named name: String, proof: Secret<String>, to application: GUID,
        _ session: DirectorySession
    ) async throws(DirectoryError) -> GUID? {
        try request("add key") { (state) throws(DirectoryError) in
            let index = try index(application, &state, "add key")
            state.made += 1
            let id = Self.numbered(7_500 + state.made)
            state.applications[index].keys.append(
                DirectoryKey(keyID: id, displayName: name, certificate: certificate))
            return id
        }
    }

    package func removeKey(
        _ keyID: GUID, proof: Secret<String>, from application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) {
        try request("remove key") { (state) throws(DirectoryError) in
            let index = try index(application, &state, "remove key")
            state.applications[index].keys.removeAll { $0.keyID == keyID }
        }
    }

    package func federations(
        of application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) -> [DirectoryFederation] {
        try request("list federations") { (state) throws(DirectoryError) in state.federations[application] ?? [] }
    }

    package func addFederation(
        _ federation: DirectoryFederation, to application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) -> GUID? {
        try request("add federation") { (state) throws(DirectoryError) in
            state.made += 1
            var federation = federation
            federation.id = Self.numbered(8_000 + state.made)
            state.federations[application, default: []].append(federation)
            return federation.id
        }
    }

    package func removeFederation(
        _ id: GUID, from application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) {
        try request("remove federation") { (state) throws(DirectoryError) in
            state.federations[application]?.removeAll { $0.id == id }
        }
    }
}
