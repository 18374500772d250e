import Synchronization

/// Lets so many at a time do something; the others wait in the order they came.
final class Seats: Sendable {
    private struct State {
        var free: Int
        var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
        /// The numbers of the first who waits and of the next to come; those between may have left.
        var first = 0
        var next = 0
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    /// How many wait.
    var waiting: Int { state.withLock(\.waiting.count) }

    /// Waits for a seat; whoever has one gives it back by ``leave()``.
    ///
    /// - Throws: `CancellationError` when the task is cancelled while it waits; it has no seat then.
    func take() async throws(CancellationError) {
        let number = state.withLock { state -> Int? in
            if state.free > 0 {
                state.free -= 1
                return nil
            }
            defer { state.next += 1 }
            return state.next
        }
        guard let number else { return }
        let hasSeat = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let outcome = state.withLock { state -> Bool? in
                    if Task.isCancelled { return false }
                    // One may have become free between the two looks.
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.waiting[number] = continuation
                    // Somebody who came later may have been let in before this one was entered here.
                    state.first = min(state.first, number)
                    return nil
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: false)
        }
        guard hasSeat else { throw CancellationError() }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            while state.first < state.next, !state.waiting.isEmpty {
                defer { state.first += 1 }
                if let next = state.waiting.removeValue(forKey: state.first) { return next }
            }
            state.free += 1
            return nil
        }
        next?.resume(returning: true)
    }
}
