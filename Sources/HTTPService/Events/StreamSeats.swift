import Synchronization
import Tenancy

/// Bounds how many follow the events at once: in all, and for one key, so that one careless script locks nobody out.
final class StreamSeats: Sendable {
    private let taken = Mutex<[String: Int]>([:])
    private let most: Int
    private let mostEach: Int

    init(most: Int = 64, mostEach: Int = 16) {
        self.most = most
        self.mostEach = mostEach
    }

    /// A seat, for as long as it is referred to.
    ///
    /// - Throws: ``StreamError/noSeat`` when all are taken.
    func take(for actor: Actor) throws(StreamError) -> Seat {
        let name = actor.description
        let isFree = taken.withLock { taken in
            guard taken.values.reduce(0, +) < most, taken[name, default: 0] < mostEach else { return false }
            taken[name, default: 0] += 1
            return true
        }
        guard isFree else { throw .noSeat }
        return Seat { [weak self] in self?.giveBack(name) }
    }

    private func giveBack(_ name: String) {
        taken.withLock { taken in
            let left = taken[name, default: 0] - 1
            taken[name] = left > 0 ? left : nil
        }
    }

    /// Given back with its last reference: a reply whose body is never asked for keeps none.
    final class Seat: Sendable {
        private let giveBack: @Sendable () -> Void

        fileprivate init(_ giveBack: @escaping @Sendable () -> Void) { self.giveBack = giveBack }

        deinit { giveBack() }
    }
}

/// Why nobody can follow the events now.
enum StreamError: ExplainedError {
    case noSeat

    var problem: Problem {
        Problem(
            .unavailable, code: "streams_exhausted", detail: "As many as may already follow the events.",
            nextStep: "End one of the streams, or read `GET /v1/events?after=N` from time to time.", isRetryable: true,
            retryAfter: .seconds(30))
    }
}
