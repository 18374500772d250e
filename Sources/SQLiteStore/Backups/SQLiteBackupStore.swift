import Dispatch
import FoundationEssentials
import OpenSSLCrypto
import Tenancy

/// Writes the main database into a file. Tokens, which can be fetched anew, what runs have written, settings and the
/// key are not in it.
struct SQLiteBackupStore: BackupStore {
    let database: SQLiteDatabase
    /// Where backups lie that have a name only.
    let directory: String
    private let queue = DispatchQueue(label: "tenantry.backups")

    init(database: SQLiteDatabase, directory: String) {
        self.database = database
        self.directory = directory
    }

    func create(at place: BackupPlace, by actor: Actor, at now: Date) async throws(BackupError) -> Backup {
        let result: Result<Backup, BackupError> = await withCheckedContinuation { continuation in
            // One after the other: two for the same path would write into each other's draft.
            queue.async {
                do throws(BackupError) {
                    continuation.resume(returning: .success(try write(place)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        let backup = try result.get()
        do throws(StoreError) {
            try await database.write { (db) throws(StoreError) in
                try db.audit(
                    "backup.create", backup.path, "\(backup.size) bytes, SHA-256 \(backup.sha256).", by: actor, at: now)
                try db.emit(
                    "backup.created", ["path": .string(backup.path), "sha256": .string(backup.sha256)], by: actor,
                    at: now)
            }
        } catch {
            throw .store(error)
        }
        return backup
    }

    private func write(_ place: BackupPlace) throws(BackupError) -> Backup {
        let path = try path(of: place)
        let draft = path + ".partial"
        guard !FileSystem.exists(path) else { throw .exists(path) }
        do {
            try FileSystem.remove(draft)
            // Made here, because SQLite would let the umask decide who may read it.
            try OpenFile(creating: draft).flush()
            try database.copy(to: draft)
            let backup = try describe(draft, as: path)
            try ChecksumFile(of: path).write(backup.sha256)
            try FileSystem.rename(draft, to: path)
            try FileSystem.flushDirectory(BackupFile.parent(of: path))
            return backup
        } catch {
            // What was not finished is of no use, and the error is what matters.
            try? FileSystem.remove(draft)
            switch error {
            case let error as SystemError: throw .notWritten(path, error.text)
            case .unavailable(let reason) as StoreError: throw .notWritten(path, reason)
            default: throw .notWritten(path, "\(error)")
            }
        }
    }

    private func path(of place: BackupPlace) throws(BackupError) -> String {
        switch place {
        case .path(let path): return path
        case .named(let name):
            do throws(SystemError) {
                if try FileSystem.makeDirectory(directory) { try FileSystem.flushDirectory(directory + "/..") }
            } catch {
                throw .notWritten(directory, error.text)
            }
            return "\(directory)/\(name)"
        }
    }

    /// Makes the draft durable and looks at it.
    private func describe(_ draft: String, as path: String) throws -> Backup {
        let file = try OpenFile(reading: draft)
        try file.flush()
        let keys = try database.read { (db) throws(StoreError) in try db.openKeys() }
        return Backup(
            path: path, size: try file.size(), sha256: Hexadecimal.encode(try file.sha256()),
            keys: keys.map { Hexadecimal.encode($0) })
    }
}

extension OpenFile {
    /// The SHA-256 digest of what is in it, which goes to `sink` on the way.
    func sha256(copying sink: ([UInt8]) throws(SystemError) -> Void = { _ in }) throws(SystemError) -> [UInt8] {
        var offset = 0
        return try Digest.sha256 { () throws(SystemError) in
            let piece = try bytes(at: offset, count: 1 << 20)
            offset += piece.count
            try sink(piece)
            return piece
        }
    }
}
