import FoundationEssentials
package import Logging

/// Begins rotations of the sealing key, and brings them to their end in the background.
package final class SealingKeeper: Sendable {
    private let store: any SealingStore
    private let clock: WallClock
    private let wake: Wake
    private let logger: Logger

    package init(store: any SealingStore, clock: WallClock, wake: Wake, logger: Logger) {
        self.store = store
        self.clock = clock
        self.wake = wake
        self.logger = logger
    }

    package func status() async throws(SealingError) -> SealingStatus { try await store.status() }

    /// Seals with a new key from now on; what is there already follows in the background.
    package func rotate(by actor: Actor) async throws(SealingError) -> SealingStatus {
        try await store.rotate(by: actor, at: clock.now())
        wake.signal()
        return try await store.status()
    }

    /// Does all there is to do.
    package func finish() async throws(SealingError) {
        while !Task.isCancelled, try await store.proceed(at: clock.now()) {}
    }

    /// Finishes what there is, at once and after every rotation that begins, until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do throws(SealingError) {
                try await finish()
                await wake.wait(until: nil, now: clock.now())
            } catch {
                logger.warning("sealing key not settled", metadata: ["reason": "\(error)"])
                let now = clock.now()
                // A file that cannot be written now will hardly be so in a moment.
                await wake.wait(until: now + (error.isStore ? 5 : 3_600), now: now)
            }
        }
    }
}

extension SealingError {
    fileprivate var isStore: Bool { if case .store = self { true } else { false } }
}
