package import FoundationEssentials

/// Where the time comes from. Tests pass a clock they move by hand.
package struct WallClock: Sendable {
    /// The time of day, which steps when somebody sets the machine's clock.
    package let now: @Sendable () -> Date
    /// Seconds on a clock that never steps and also counts while the machine sleeps; they start anywhere.
    package let steady: @Sendable () -> TimeInterval

    /// - Parameter steady: goes with the time of day when it is left out.
    package init(now: @escaping @Sendable () -> Date, steady: (@Sendable () -> TimeInterval)? = nil) {
        self.now = now
        self.steady = steady ?? { now().timeIntervalSinceReferenceDate }
    }

    /// Both at once.
    package func moment() -> Moment { Moment(date: now(), steady: steady()) }

    private static let start = ContinuousClock.now

    /// The machine's clocks.
    package static let system = WallClock(now: { Date() }, steady: { (ContinuousClock.now - start) / .seconds(1) })
}

/// An instant on both clocks of a ``WallClock``.
package struct Moment: Sendable, Equatable {
    package let date: Date
    package let steady: TimeInterval

    package init(date: Date, steady: TimeInterval) {
        self.date = date
        self.steady = steady
    }
}

/// Where unpredictable bytes come from. The composition root passes the operating system's generator.
package struct Randomness: Sendable {
    /// Returns exactly that many bytes, fit for secrets.
    package let bytes: @Sendable (_ count: Int) -> [UInt8]

    package init(bytes: @escaping @Sendable (_ count: Int) -> [UInt8]) {
        self.bytes = bytes
    }

    /// The operating system's generator (`getrandom` on Linux).
    package static let system = Randomness { count in
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 7)
        // Eight at a time, because each question to the generator is a system call.
        while bytes.count < count {
            withUnsafeBytes(of: generator.next() as UInt64) { bytes.append(contentsOf: $0) }
        }
        return Array(bytes.prefix(count))
    }

    /// A fresh GUID (RFC 9562, version 4).
    package func guid() -> UUID {
        var b = bytes(16)
        b[6] = b[6] & 0x0f | 0x40
        b[8] = b[8] & 0x3f | 0x80
        return UUID(
            uuid: (
                b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]
            ))
    }

    /// A factor for waiting times, uniform in 0.8..<1.2, so that many tenants do not move in step.
    package func jitter() -> Double {
        0.8 + 0.4 * Double(bytes(1)[0]) / 256
    }

    /// Uniform in 0..<1.
    package func fraction() -> Double {
        let b = bytes(4)
        return Double(UInt32(b[0]) << 24 | UInt32(b[1]) << 16 | UInt32(b[2]) << 8 | UInt32(b[3])) / 4_294_967_296
    }
}
