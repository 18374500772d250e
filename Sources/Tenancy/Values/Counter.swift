import Synchronization

/// A number that several tasks change.
final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .acquiring) }

    func add(_ step: Int) { count.add(step, ordering: .acquiringAndReleasing) }
}
