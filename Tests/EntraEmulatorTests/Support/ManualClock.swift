import EntraEmulator
import Foundation
import Synchronization

/// A clock that stands still until told otherwise.
final class ManualClock: Sendable {
    private let instant = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    var now: Date { instant.withLock { $0 } }

    var wallClock: WallClock { WallClock { self.now } }

    func advance(seconds: Double) {
        instant.withLock { $0 += seconds }
    }
}
