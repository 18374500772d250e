import Synchronization
import Testing

@testable import Tenancy

@Suite("Turns")
struct TurnsTests {
    @Test("One at a time for a key, in the order they came; another key does not wait")
    func order() async {
        let turns = Turns<String>()
        let inside = Mutex(0)
        let most = Mutex(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask { @Sendable in
                    await turns.take("a") {
                        let now = inside.withLock { inside in
                            inside += 1
                            return inside
                        }
                        most.withLock { $0 = max($0, now) }
                        await Task.yield()
                        // Nobody of another key waits for us.
                        await turns.take("b") {}
                        inside.withLock { $0 -= 1 }
                    }
                }
            }
        }
        #expect(most.withLock { $0 } == 1)
    }

    @Test("A turn that fails is over")
    func failure() async {
        struct Broken: Error {}
        let turns = Turns<Int>()
        await #expect(throws: Broken.self) { try await turns.take(1) { () throws(Broken) in throw Broken() } }
        await turns.take(1) {}
    }
}
