import Foundation
import Synchronization
import Tenancy

/// A clock that moves only when it is told to, or by a fixed step with every reading.
final class ManualClock: Sendable {
    static let start = Date(timeIntervalSince1970: 1_800_000_000)

    private let instant = Mutex(ManualClock.start)
    private let step: TimeInterval

    /// - Parameter step: seconds by which every reading moves the clock, so that pauses are over when they begin.
    init(step: TimeInterval = 0) {
        self.step = step
    }

    var now: Date {
        instant.withLock { instant in
            instant += step
            return instant
        }
    }

    var wallClock: WallClock { WallClock { self.now } }

    func advance(_ seconds: TimeInterval) {
        instant.withLock { $0 += seconds }
    }
}
