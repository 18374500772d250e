import Glibc
package import OpenSSLCrypto
package import Tenancy

/// The directory in which Tenantry keeps everything, owned by one process at a time.
///
/// It holds `tenantry.db`, `key` (unless the key comes from elsewhere), `tokens.db` (which can be deleted at any time:
/// it is made anew), `lock`, `runs/` and, while a service runs, `tenantry.sock`. Whoever has an instance owns the directory until ``close()``, or until the instance and its store
/// are gone.
package final class DataDirectory: Sendable {
    package let path: String
    /// Everything that is remembered.
    package let store: Store

    private init(path: String, store: Store) {
        self.path = path
        self.store = store
    }

    /// Where the owner listens for the command line.
    package var socketPath: String { path + "/tenantry.sock" }

    /// Where runs write.
    package func runFiles() -> RunFiles { RunFiles(root: path + "/runs") }

    /// Ends writing and gives the directory up. Closing again does nothing.
    ///
    /// - Throws: ``StoreError/unavailable(_:)`` when the last part of the log stays in `tenantry.db-wal`; nothing is
    ///   lost then.
    package func close() throws(StoreError) {
        try store.close()
    }

    // MARK: Opening

    /// Opens the directory and owns it.
    ///
    /// - Parameters:
    ///   - key: the sealing key when it is kept elsewhere; `nil` reads the file `key`.
    ///   - tokens: how tokens are kept. Whatever is wrong with them hinders nothing.
    package static func open(
        at path: String, key: SealingKey?, tokens: TokenCacheOptions = TokenCacheOptions()
    ) throws(DataDirectoryError) -> DataDirectory {
        try checkDirectory(path)
        let files = Files(directory: path)
        guard files.hasDatabase || FileSystem.exists(files.key) else { throw .notInitialised(path) }
        let lock = try DirectoryLock(in: path)
        guard files.hasDatabase else { throw .databaseMissing(files.database) }
        let key = if let key { key } else { try KeyFile(path: files.key).read() }
        let database = try SQLiteDatabase.open(at: files.database, keyIdentifier: key.identifier, lock: lock)
        let tokenStore = SQLiteTokenStore(in: path, key: key, options: tokens, lock: lock)
        return DataDirectory(path: path, store: Store(database, KeyRing(key), tokens: tokenStore))
    }

    /// Makes the directory, its key and its empty database, all of it durable when this returns.
    ///
    /// - Parameter key: the sealing key when it is kept elsewhere; with `nil` a new one is made and written to `key`.
    package static func create(at path: String, key: SealingKey?) throws(DataDirectoryError) {
        try makeDirectories(path)
        try checkDirectory(path)
        let files = Files(directory: path)
        try files.checkAbsent()
        let lock = try DirectoryLock(in: path)
        defer { withExtendedLifetime(lock) {} }
        try files.checkAbsent()
        try files.create(key: key)
    }

    /// Makes what is missing of the path, for the owner only.
    private static func makeDirectories(_ path: String) throws(DataDirectoryError) {
        do throws(SystemError) {
            var made = path.hasPrefix("/") ? "" : "."
            for part in path.split(separator: "/") {
                let parent = made.isEmpty ? "/" : made
                made += "/\(part)"
                if !FileSystem.exists(made), try FileSystem.makeDirectory(made) {
                    try FileSystem.flushDirectory(parent)
                }
            }
        } catch {
            throw error.meansNoDirectory ? .notADirectory(path) : .notWritable(path, error.text)
        }
    }

    private static func checkDirectory(_ path: String) throws(DataDirectoryError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let error = SystemError.last
            if error.isMissing { throw .notInitialised(path) }
            throw error.meansNoDirectory ? .notADirectory(path) : .notReadable(path, error.text)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notADirectory(path) }
        // Whoever reaches the socket in here is an operator, and whoever may rename files here may put a database and a
        // key of his own in their place.
        guard status.st_mode & 0o077 == 0 else { throw .insecurePermissions(path: path, chmod: "go-rwx") }
    }
}

/// The names of the files.
private struct Files {
    let directory: String

    var database: String { directory + "/tenantry.db" }
    var key: String { directory + "/key" }

    /// A log without its database counts too: a new database beside it would take it for its own.
    var hasDatabase: Bool {
        ["", "-wal", "-journal"].contains { FileSystem.exists(database + $0) }
    }

    func checkAbsent() throws(DataDirectoryError) {
        if hasDatabase { throw .alreadyInitialised(directory) }
        if FileSystem.exists(key) { throw .keyExists(key) }
    }

    /// Everything is made under passing names first, so that an interruption leaves nothing that looks complete.
    func create(key given: SealingKey?) throws(DataDirectoryError) {
        let newKey: SealingKey
        do { newKey = try given ?? .random() } catch { throw .notWritable(key, "\(error)") }
        let (draftKey, draftDatabase) = (key + ".partial", database + ".partial")
        do throws(SystemError) {
            for suffix in ["", "-journal", "-wal", "-shm"] { try FileSystem.remove(draftDatabase + suffix) }
            // Made here, because SQLite would let the umask decide who may read it.
            try OpenFile(creating: draftDatabase).flush()
            if given == nil { try KeyFile(path: draftKey).write(newKey) }
        } catch {
            throw .notWritable(directory, error.text)
        }
        try SQLiteDatabase.create(at: draftDatabase, keyIdentifier: newKey.identifier)
        do throws(SystemError) {
            try FileSystem.makeDirectory(directory + "/runs")
            if given == nil { try FileSystem.rename(draftKey, to: key) }
            try FileSystem.rename(draftDatabase, to: database)
            try FileSystem.flushDirectory(directory)
        } catch {
            throw .notWritable(directory, error.text)
        }
    }
}
