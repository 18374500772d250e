import CCurl
import Synchronization

/// What tasks and the transfer thread share: requests on their way to the thread, and whether it must be woken.
final class TransferMailbox: Sendable {
    typealias Reply = CheckedContinuation<Result<CurlResponse, CurlError>, Never>

    struct Arrival: Sendable {
        let ticket: TransferTicket
        let reply: Reply
    }

    /// What the thread has to do next.
    struct Work: Sendable {
        var arrivals: [Arrival] = []
        var hasCancellations = false
    }

    private struct State {
        /// Nil once the thread is about to free it; nobody may wake it then.
        var multi: MultiHandle?
        var work = Work()
        var isAsleep = false
        var isStopping = false
        var hasEnded = false
        var endWaiters: [CheckedContinuation<Void, Never>] = []

        /// A wake-up is a system call; a thread that is awake looks for work before it sleeps.
        mutating func wake() {
            guard isAsleep, let multi else { return }
            isAsleep = false
            curl_multi_wakeup(multi.pointer)
        }
    }

    private let state: Mutex<State>

    init(_ multi: MultiHandle) {
        state = Mutex(State(multi: multi))
    }

    // MARK: Called by tasks

    func submit(_ ticket: TransferTicket, reply: Reply) {
        let isAccepted = state.withLock { state in
            guard !state.isStopping else { return false }
            state.work.arrivals.append(Arrival(ticket: ticket, reply: reply))
            state.wake()
            return true
        }
        if !isAccepted { reply.resume(returning: .failure(.shutDown)) }
    }

    func cancel(_ ticket: TransferTicket) {
        ticket.isCancelled.store(true, ordering: .sequentiallyConsistent)
        state.withLock { state in
            state.work.hasCancellations = true
            state.wake()
        }
    }

    func stop() {
        state.withLock { state in
            state.isStopping = true
            state.wake()
        }
    }

    /// Returns when the thread has let go of everything. Only after `stop`.
    func end() async {
        await withCheckedContinuation { waiter in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.endWaiters.append(waiter) }
                return state.hasEnded
            }
            if hasEnded { waiter.resume() }
        }
    }

    // MARK: Called by the thread

    /// Everything that has come in since the last call, or nil when the thread is to end.
    func take() -> Work? {
        state.withLock { state in
            state.isAsleep = false
            guard !state.isStopping else { return nil }
            defer { state.work = Work() }
            return state.work
        }
    }

    /// Whether the thread may sleep. After a yes, whoever brings work wakes it.
    func mayTheThreadSleep() -> Bool {
        state.withLock { state in
            let isIdle = state.work.arrivals.isEmpty && !state.work.hasCancellations && !state.isStopping
            state.isAsleep = isIdle
            return isIdle
        }
    }

    /// After this nobody touches the multi handle any more. Gives what was never taken up.
    func close() -> [Arrival] {
        state.withLock { state in
            state.multi = nil
            defer { state.work = Work() }
            return state.work.arrivals
        }
    }

    func reportEnd() {
        let waiters = state.withLock { state in
            state.hasEnded = true
            defer { state.endWaiters = [] }
            return state.endWaiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// libcurl's multi handle.
///
/// Unchecked, because libcurl allows `curl_multi_wakeup` from every thread (its manual page says so), and nothing else
/// is done with the handle outside the thread that owns it.
struct MultiHandle: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
}
