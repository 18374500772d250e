package import FoundationEssentials

/// Where the emulator takes the time from.
package struct WallClock: Sendable {
    /// The present instant.
    package let now: @Sendable () -> Date

    package init(now: @escaping @Sendable () -> Date) {
        self.now = now
    }

    /// The machine's clock.
    package static let system = WallClock { Date() }
}
