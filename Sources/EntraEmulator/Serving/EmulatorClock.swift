import FoundationEssentials
import Synchronization

/// The emulator's own time: a clock, set forward by whoever does not want to wait.
final class EmulatorClock: Sendable {
    private let base: WallClock
    private let offsetSeconds = Mutex<Double>(0)

    init(base: WallClock) {
        self.base = base
    }

    var now: Date {
        base.now().addingTimeInterval(offsetSeconds.withLock { $0 })
    }

    /// Moves the time by so many seconds; a negative number moves it back.
    func advance(seconds: Double) {
        offsetSeconds.withLock { $0 += seconds }
    }
}
