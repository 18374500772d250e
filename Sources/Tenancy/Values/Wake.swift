package import FoundationEssentials
import Synchronization

/// Lets one loop sleep until an instant or until someone has news for it, whichever comes first.
///
/// News that comes while nobody waits is kept, so none is missed.
package final class Wake: Sendable {
    private struct State {
        var hasNews = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// Ends the present wait, or the next one at once.
    package func signal() {
        let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state.sleeper = nil }
            state.hasNews = state.sleeper == nil
            return state.sleeper
        }
        sleeper?.resume()
    }

    /// Waits; `nil` means until there is news. Returns at once when the task is cancelled.
    package func wait(until instant: Date?, now: Date) async {
        await withTaskGroup { group in
            group.addTask { await self.news() }
            if let instant {
                let pause = max(0, instant.timeIntervalSince(now))
                group.addTask { do { try await Task.sleep(for: .seconds(pause)) } catch {} }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func news() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> Bool in
                    if state.hasNews || Task.isCancelled {
                        state.hasNews = false
                        return true
                    }
                    state.sleeper = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
                defer { state.sleeper = nil }
                return state.sleeper
            }
            sleeper?.resume()
        }
    }
}
