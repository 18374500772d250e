package import Tenancy

/// The files that runs write: `runs/<run>/<tenant>.ndjson` in the data directory, readable by their owner only.
///
/// Run and tenant ids have a fixed alphabet, so no id can name a file elsewhere.
package struct RunFiles: RunOutput {
    /// The directory of all runs.
    private let root: String

    init(root: String) { self.root = root }

    /// Where the finished file of that tenant lies, or will lie.
    package func path(run: RunID, tenant: TenantID) -> String {
        "\(directory(of: run))/\(tenant).ndjson"
    }

    /// Starts the file anew: a finished or unfinished one of an earlier attempt is removed.
    package func open(run: RunID, tenant: TenantID) throws(OutputError) -> any RunFile {
        do throws(SystemError) {
            if try FileSystem.makeDirectory(root) { try FileSystem.flushDirectory(root + "/..") }
            try FileSystem.makeDirectory(directory(of: run))
            return try UnfinishedRunFile(path: path(run: run, tenant: tenant), directories: [directory(of: run), root])
        } catch {
            throw OutputError(error.text)
        }
    }

    /// The finished file of that tenant; `nil` when there is none.
    package func finished(run: RunID, tenant: TenantID) throws(OutputError) -> FinishedRunFile? {
        do throws(SystemError) {
            return try FinishedRunFile(path: path(run: run, tenant: tenant))
        } catch {
            if error.isMissing { return nil }
            throw OutputError(error.text)
        }
    }

    private func directory(of run: RunID) -> String { "\(root)/\(run)" }
}

/// A finished file, open for reading. It stays readable when it is replaced meanwhile.
package struct FinishedRunFile: Sendable {
    private let file: OpenFile
    /// In bytes.
    package let size: Int

    init(path: String) throws(SystemError) {
        file = try OpenFile(reading: path)
        size = try file.size()
    }

    /// Up to `count` bytes from that offset; none at the end. Blocks for as long as the disk takes.
    package func bytes(at offset: Int, count: Int) throws(OutputError) -> [UInt8] {
        do throws(SystemError) { return try file.bytes(at: offset, count: count) } catch {
            throw OutputError(error.text)
        }
    }
}
