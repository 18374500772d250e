import OpenSSLCrypto
import Synchronization
import Tenancy

/// What is sealed; each has a key of its own, derived from that of the data directory.
enum SealingPurpose: String, Sendable {
    case credential, token, webhook
    /// What the service itself has drawn by lot, such as the secret behind consent links.
    case secret
}

/// The keys of the data directory: one of them seals, each of them opens.
///
/// A key that was replaced stays here until the process ends, though its line is gone from the file: somebody may have
/// read a row just before it was sealed anew.
final class KeyRing: Sendable {
    /// A line of the key file with what is derived from it.
    struct Key: Sendable {
        let root: SealingKey
        let identifier: [UInt8]
        /// How everything begins that is sealed with this key: a version, 0x02, and the identifier.
        var mark: [UInt8] { [Self.version] + identifier }
        static let version: UInt8 = 2
        private let (credentials, tokens, webhooks, secrets): (SealingKey, SealingKey, SealingKey, SealingKey)

        init(_ root: SealingKey) {
            self.root = root
            identifier = root.identifier
            credentials = root.derive("credential")
            tokens = root.derive("token")
            webhooks = root.derive("webhook")
            secrets = root.derive("stored secret")
        }

        /// - Parameter part: what has a key of its own within the purpose, such as a tenant.
        func callAsFunction(_ purpose: SealingPurpose, _ part: String? = nil) -> SealingKey {
            let key =
                switch purpose {
                case .credential: credentials
                case .token: tokens
                case .webhook: webhooks
                case .secret: secrets
                }
            return part.map { key.derive($0) } ?? key
        }
    }

    private struct State {
        /// In the order of the file: the first is to be used.
        var keys: [Key]
        var inUse: Key
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - first: what the first line of the key file says; in use until ``settle(on:)`` knows better.
    ///   - others: those that open older rows.
    init(_ first: SealingKey, _ others: [SealingKey] = []) {
        let first = Key(first)
        state = Mutex(State(keys: [first] + others.map(Key.init), inUse: first))
    }

    var all: [Key] { state.withLock(\.keys) }
    var inUse: Key { state.withLock(\.inUse) }

    /// The key of the first line when it is not yet in use.
    var waiting: Key? {
        state.withLock { state in state.keys.first.flatMap { $0.identifier == state.inUse.identifier ? nil : $0 } }
    }

    func key(_ identifier: some Sequence<UInt8>) -> Key? { all.first { $0.identifier.elementsEqual(identifier) } }

    /// Holds a key that is to be used once the database knows it.
    func add(_ key: Key) { state.withLock { $0.keys.insert(key, at: 0) } }

    /// Seals with that key from now on.
    func use(_ key: Key) { state.withLock { $0.inUse = key } }

    /// Uses the first key that the database knows: nothing may be sealed with one that it does not.
    func settle(on db: SQLConnection) throws(StoreError) {
        let known = try db.openKeys()
        guard let key = all.first(where: { known.contains($0.identifier) }) else { throw .sealBroken("The database") }
        use(key)
    }

    var credentials: Sealer { Sealer(ring: self, purpose: .credential) }
    var tokens: Sealer { Sealer(ring: self, purpose: .token) }
    var webhooks: Sealer { Sealer(ring: self, purpose: .webhook) }
    var secrets: Sealer { Sealer(ring: self, purpose: .secret) }
}

extension SQLConnection {
    /// The identifiers of the keys without which not every row opens.
    func neededKeys(schema version: Int) throws(StoreError) -> [[UInt8]] {
        guard version < 8 else { return try openKeys() }
        return try query("SELECT value FROM meta WHERE name = 'key_identifier'") { (row) throws(StoreError) in
            try row.blob("value")
        }
    }

    /// The identifiers of the keys that rows may be sealed with.
    func openKeys() throws(StoreError) -> [[UInt8]] {
        try query("SELECT identifier FROM sealing_key WHERE ended_at IS NULL") { (row) throws(StoreError) in
            try row.blob("identifier")
        }
    }
}
