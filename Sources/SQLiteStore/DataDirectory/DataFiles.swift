import OpenSSLCrypto

/// The names of a data directory's files.
struct DataFiles {
    let directory: String

    var database: String { directory + "/tenantry.db" }
    var key: String { directory + "/key" }
    var tokens: String { directory + "/tokens.db" }
    /// The database while it is being made.
    var draft: String { database + ".partial" }

    /// A log without its database counts too: a new database beside it would take it for its own.
    var hasDatabase: Bool {
        ["", "-wal", "-journal"].contains { FileSystem.exists(database + $0) }
    }

    func checkAbsent() throws(DataDirectoryError) {
        if hasDatabase { throw .alreadyInitialised(directory) }
        if FileSystem.exists(key) { throw .keyExists(key) }
    }

    /// Everything is made under passing names first, so that an interruption leaves nothing that looks complete.
    func create(key elsewhere: KeyFile?) throws(DataDirectoryError) {
        let draftKey = KeyFile(path: key + ".partial")
        let keys = if let elsewhere { try elsewhere.ringOrNew() } else { try KeyRing.random(for: key) }
        try prepareDraft()
        do throws(SystemError) {
            if elsewhere == nil { try draftKey.write([keys.inUse.root]) }
        } catch {
            throw .notWritable(directory, error.text)
        }
        try SQLiteDatabase.create(at: draft, keys: keys)
        try publishDraft(with: elsewhere == nil ? draftKey : nil)
    }

    /// Makes an empty database file under a passing name.
    func prepareDraft() throws(DataDirectoryError) {
        do throws(SystemError) {
            for suffix in ["", "-journal", "-wal", "-shm"] { try FileSystem.remove(draft + suffix) }
            // Made here, because SQLite would let the umask decide who may read it.
            try OpenFile(creating: draft).flush()
        } catch {
            throw .notWritable(directory, error.text)
        }
    }

    /// Removes the stored tokens: they belong to another course of things than the database that is being made.
    func removeTokens() throws(DataDirectoryError) {
        do throws(SystemError) { try TokenFile.remove(at: tokens) } catch { throw .notWritable(tokens, error.text) }
    }

    /// Gives what was made its names, the database last, durably.
    func publishDraft(with draftKey: KeyFile? = nil) throws(DataDirectoryError) {
        do throws(SystemError) {
            try OpenFile(reading: draft).flush()
            try FileSystem.makeDirectory(directory + "/runs")
            if let draftKey { try FileSystem.rename(draftKey.path, to: key) }
            try FileSystem.rename(draft, to: database)
            try FileSystem.flushDirectory(directory)
        } catch {
            throw .notWritable(directory, error.text)
        }
    }
}

extension KeyFile {
    /// The keys of the file; of a new one, durable when this returns, where there is none.
    fileprivate func ringOrNew() throws(DataDirectoryError) -> KeyRing {
        guard !FileSystem.exists(path) else { return try ring() }
        let keys = try KeyRing.random(for: path)
        do throws(SystemError) { try replace(with: [keys.inUse.root]) } catch { throw .notWritable(path, error.text) }
        return keys
    }
}

extension KeyRing {
    /// One new key, meant for that file.
    fileprivate static func random(for path: String) throws(DataDirectoryError) -> KeyRing {
        do { return KeyRing(try .random()) } catch { throw .notWritable(path, "\(error)") }
    }
}
