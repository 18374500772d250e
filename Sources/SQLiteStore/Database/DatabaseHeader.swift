/// The first bytes of a database file, looked at before SQLite may touch it: what is not ours is not written to.
///
/// Source: sqlite.org/fileformat2.html section 1.3.
struct DatabaseHeader {
    private static let byteCount = 100
    private let path: String
    private let bytes: [UInt8]

    init(of path: String) throws(DataDirectoryError) {
        self.path = path
        do throws(SystemError) {
            bytes = try OpenFile(reading: path).bytes(at: 0, count: Self.byteCount)
        } catch {
            throw error.isMissing ? .databaseMissing(path) : .notReadable(path, error.text)
        }
    }

    /// Whether a part of the database may lie in a log beside the file. Source: section 1.3.3, the read version.
    var hasLog: Bool { bytes.count > 19 && bytes[19] == 2 }

    func check() throws(DataDirectoryError) {
        guard bytes.count == Self.byteCount, bytes.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw .damaged("it is not an SQLite database")
        }
        let identifier = bytes[68..<72].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard identifier == UInt32(bitPattern: SQLiteDatabase.applicationID) else {
            throw .damaged("it is an SQLite database of another program")
        }
    }
}
