import Foundation
import Synchronization
import Tenancy

/// The time of day, moved by hand.
final class ManualClock: Sendable {
    static let start = Date(timeIntervalSince1970: 1_800_000_000)

    private let instant = Mutex(start)

    var now: Date { instant.withLock { $0 } }

    var wallClock: WallClock { WallClock { self.now } }

    func advance(by seconds: TimeInterval) {
        instant.withLock { $0 += seconds }
    }
}
