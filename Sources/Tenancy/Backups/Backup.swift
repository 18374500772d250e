package import FoundationEssentials

/// A copy of the database in one file. What is secret in it is sealed; the key is not in it.
package struct Backup: Sendable, Equatable {
    package let path: String
    /// In bytes.
    package let size: Int
    /// Of the whole file, in lower-case hexadecimal. It stands in the file `….sha256` beside it too.
    package let sha256: String
    /// The identifiers of the sealing keys without which not everything in it opens.
    package let keys: [String]

    package init(path: String, size: Int, sha256: String, keys: [String]) {
        self.path = path
        self.size = size
        self.sha256 = sha256
        self.keys = keys
    }
}

/// Where a backup is to lie.
package enum BackupPlace: Sendable, Equatable {
    /// A path on the machine of the service.
    case path(String)
    /// A file of that name in the data directory's `backups`.
    case named(String)
}

/// Writes backups.
package protocol BackupStore: Sendable {
    /// Copies the state of one moment while others go on reading and writing. When this returns, the file is complete,
    /// durable, readable by its owner only, and in the audit log; it replaces nothing.
    func create(at place: BackupPlace, by actor: Actor, at now: Date) async throws(BackupError) -> Backup
}

/// Makes backups for those who may have them where they want them.
package struct BackupDesk: Sendable {
    private let store: any BackupStore
    private let clock: WallClock

    package init(store: any BackupStore, clock: WallClock) {
        self.store = store
        self.clock = clock
    }

    /// A path, which only those may name who work on this machine as the service's own user, or a mere name.
    package func place(_ text: String, for actor: Actor) throws(BackupError) -> BackupPlace {
        guard text.utf8.count <= 4_000,
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw .invalidPlace }
        guard text.contains("/") else {
            guard !text.isEmpty, !text.hasPrefix(".") else { throw .invalidPlace }
            return .named(text)
        }
        guard case .localUser = actor else { throw .foreignPlace }
        guard text.hasPrefix("/"), !text.hasSuffix("/") else { throw .invalidPlace }
        return .path(text)
    }

    package func create(at place: BackupPlace, by actor: Actor) async throws(BackupError) -> Backup {
        try await store.create(at: place, by: actor, at: clock.now())
    }
}
