import Synchronization
import Testing

@testable import Tenancy

@Suite("Seats", .timeLimit(.minutes(1)))
struct SeatsTests {
    @Test("are never more than there are, whoever comes, leaves or gives up")
    func bound() async {
        let seats = Seats(4)
        let sitting = Mutex((now: 0, most: 0))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<2_000 {
                group.addTask { @Sendable in
                    do throws(CancellationError) { try await seats.take() } catch { return }
                    sitting.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                    await Task.yield()
                    sitting.withLock { $0.now -= 1 }
                    seats.leave()
                }
                if number == 1_000 { group.cancelAll() }
            }
        }
        #expect(sitting.withLock { $0.now } == 0 && (1...4).contains(sitting.withLock { $0.most }))
        #expect(seats.waiting == 0)
        for _ in 0..<4 { await #expect(throws: Never.self) { try await seats.take() } }
    }

    @Test("go to those who wait in the order they came")
    func order() async throws {
        let seats = Seats(1)
        try await seats.take()
        let order = Mutex<[Int]>([])
        await withTaskGroup(of: Void.self) { group in
            for number in 1...100 {
                group.addTask { @Sendable in
                    do throws(CancellationError) { try await seats.take() } catch { return }
                    order.withLock { $0.append(number) }
                    seats.leave()
                }
                while seats.waiting < number { await Task.yield() }
            }
            seats.leave()
        }
        #expect(order.withLock { $0 } == Array(1...100))
    }
}
