import Foundation
import Tenancy
import Testing

/// Every test ends at once or not at all; the limit turns a missed wake-up into a failure.
@Suite("Wake", .timeLimit(.minutes(1)))
struct WakeTests {
    private let now = ManualClock.start

    @Test("keeps news that comes while nobody waits")
    func newsIsKept() async {
        let wake = Wake()
        wake.signal()
        await wake.wait(until: nil, now: now)
    }

    @Test("keeps news once, however often it came")
    func newsIsKeptOnce() async {
        let wake = Wake()
        wake.signal()
        wake.signal()
        await wake.wait(until: nil, now: now)
        let second = Task { await wake.wait(until: nil, now: now) }
        let third = Task {
            wake.signal()
            await second.value
        }
        await third.value
    }

    @Test("ends a wait that has begun")
    func endsAWait() async {
        let wake = Wake()
        let waiter = Task { await wake.wait(until: nil, now: now) }
        wake.signal()
        await waiter.value
    }

    @Test("ends a wait at its instant, and at once when that has passed", arguments: [-5, 0, 0.01])
    func instant(_ seconds: TimeInterval) async {
        await Wake().wait(until: now + seconds, now: now)
    }

    @Test("ends the wait of a task that is cancelled, before or while it waits")
    func cancellation() async {
        let wake = Wake()
        let waiter = Task { await wake.wait(until: nil, now: now) }
        waiter.cancel()
        await waiter.value
        let late = Task { await wake.wait(until: now + 3_600, now: now) }
        await Task.yield()
        late.cancel()
        await late.value
    }

    @Test("misses none of many signals that race with waits")
    func race() async {
        let wake = Wake()
        let answer = Wake()
        async let waiter: Void = {
            for _ in 0..<1_000 {
                await wake.wait(until: nil, now: now)
                answer.signal()
            }
        }()
        for _ in 0..<1_000 {
            wake.signal()
            await answer.wait(until: nil, now: now)
        }
        await waiter
    }
}
