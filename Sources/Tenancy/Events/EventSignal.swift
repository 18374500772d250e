import Synchronization

/// Tells those who follow the events that newer ones are on disk, so that nobody has to ask the disk again and again.
package final class EventSignal: Sendable {
    private struct State {
        var newest: Int64
        var wakes: [Int: Wake] = [:]
        var nextKey = 0
    }

    private let state: Mutex<State>

    /// - Parameter newest: the sequence number of the newest event there is already; 0 for none.
    package init(newest: Int64 = 0) { state = Mutex(State(newest: newest)) }

    /// The sequence number of the newest event that is durable; 0 when there is none.
    package var newest: Int64 { state.withLock(\.newest) }

    /// Called by the store once the events up to that number are durable. A number that is no news wakes nobody.
    package func publish(_ sequence: Int64) {
        let wakes = state.withLock { state -> [Wake] in
            guard sequence > state.newest else { return [] }
            state.newest = sequence
            return Array(state.wakes.values)
        }
        for wake in wakes { wake.signal() }
    }

    /// Signals that wake with every news, as long as the attachment is kept.
    package func attach(_ wake: Wake) -> Attachment {
        let key = state.withLock { state -> Int in
            defer { state.nextKey += 1 }
            state.wakes[state.nextKey] = wake
            return state.nextKey
        }
        return Attachment { [weak self] in self?.state.withLock { $0.wakes[key] = nil } }
    }

    /// How many follow; for tests and for the curious.
    package var followers: Int { state.withLock { $0.wakes.count } }

    /// Ends with its last reference.
    package final class Attachment: Sendable {
        private let detach: @Sendable () -> Void

        fileprivate init(_ detach: @escaping @Sendable () -> Void) { self.detach = detach }

        deinit { detach() }
    }
}
