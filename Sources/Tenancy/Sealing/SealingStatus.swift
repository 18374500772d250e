package import FoundationEssentials

/// Which keys seal what is stored, and how far a rotation has come. Read from what is stored, so it is as true after a
/// restart as before.
package struct SealingStatus: Sendable, Equatable {
    /// A key that is, or was, in use.
    package struct Key: Sendable, Equatable {
        /// 16 hexadecimal digits that tell keys apart and say nothing about them.
        package let identifier: String
        /// `nil`: since there is this database.
        package let beganAt: Date?
        /// Since when nothing is sealed with it any more; `nil` while something is.
        package let endedAt: Date?
        package let isInUse: Bool

        package init(identifier: String, beganAt: Date?, endedAt: Date?, isInUse: Bool) {
            self.identifier = identifier
            self.beganAt = beganAt
            self.endedAt = endedAt
            self.isInUse = isInUse
        }
    }

    /// The sealed rows of one table.
    package struct Rows: Sendable, Equatable {
        package let table: String
        package let total: Int
        /// Those that are still to be sealed with the key in use.
        package let remaining: Int

        package init(table: String, total: Int, remaining: Int) {
            self.table = table
            self.total = total
            self.remaining = remaining
        }
    }

    /// The oldest first.
    package let keys: [Key]
    package let rows: [Rows]
    /// Whether the first line of the key file waits to be put to use.
    package let isKeyWaiting: Bool
    /// Lines of the key file that nothing needs any more.
    package let spareLines: Int

    package init(keys: [Key], rows: [Rows], isKeyWaiting: Bool, spareLines: Int) {
        self.keys = keys
        self.rows = rows
        self.isKeyWaiting = isKeyWaiting
        self.spareLines = spareLines
    }

    /// Whether a rotation has begun and not ended.
    package var isRotating: Bool { isKeyWaiting || keys.contains { $0.endedAt == nil && !$0.isInUse } }
}
