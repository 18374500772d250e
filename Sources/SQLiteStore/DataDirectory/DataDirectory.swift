import Glibc
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
    ///   - key: the key file when it is kept elsewhere; `nil` for the file `key`.
    ///   - tokens: how tokens are kept. Whatever is wrong with them hinders nothing.
    package static func open(
        at path: String, key: String?, tokens: TokenFileOptions = TokenFileOptions()
    ) throws(DataDirectoryError) -> DataDirectory {
        try checkDirectory(path)
        let files = DataFiles(directory: path)
        guard files.hasDatabase || FileSystem.exists(files.key) else { throw .notInitialised(path) }
        let lock = try DirectoryLock(in: path)
        guard files.hasDatabase else { throw .databaseMissing(files.database) }
        let file = KeyFile(path: key ?? files.key)
        let keys = try file.ring()
        let database = try SQLiteDatabase.open(at: files.database, keys: keys, lock: lock)
        let tokenStore = SQLiteTokenStore(in: path, keys: keys, options: tokens, lock: lock)
        do throws(StoreError) {
            return DataDirectory(path: path, store: try Store(database, keys, file, tokens: tokenStore, in: path))
        } catch {
            tokenStore.close()
            throw .damaged(error.problem.detail)
        }
    }

    /// Makes the directory, its key and its empty database, all of it durable when this returns.
    ///
    /// - Parameter key: the key file when it is kept elsewhere, `nil` for the file `key`. A new key is written to it
    ///   unless there is one in it already.
    package static func create(at path: String, key: String?) throws(DataDirectoryError) {
        try makeDirectories(path)
        try checkDirectory(path)
        let files = DataFiles(directory: path)
        try files.checkAbsent()
        let lock = try DirectoryLock(in: path)
        defer { withExtendedLifetime(lock) {} }
        try files.checkAbsent()
        try files.create(key: key.map { KeyFile(path: $0) })
    }

    /// Makes what is missing of the path, for the owner only.
    static func makeDirectories(_ path: String) throws(DataDirectoryError) {
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

    static func checkDirectory(_ path: String) throws(DataDirectoryError) {
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
