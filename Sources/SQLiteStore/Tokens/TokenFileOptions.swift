package import Tenancy

/// How tokens are kept on disk.
package struct TokenFileOptions: Sendable {
    /// The size of the file in bytes that is not exceeded for long. Tokens that expire soonest make room.
    package var diskBytes: Int
    /// Tells which tokens have expired long ago.
    package var clock: WallClock
    /// Told in a sentence when the file was made anew, when it takes or gives no more tokens, and when it does again.
    package var report: @Sendable (String) -> Void

    package static let defaultDiskBytes = 4_096 << 20

    package init(
        diskBytes: Int = defaultDiskBytes, clock: WallClock = .system,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.diskBytes = diskBytes
        self.clock = clock
        self.report = report
    }
}
