import Dispatch
import Synchronization

/// Threads for work that keeps a core busy for long, so that it holds up neither an event loop nor the pool that all
/// tasks share.
final class SigningThreads: Sendable {
    /// Serial ones: a concurrent queue would draw on the same few threads as the tasks do.
    private let queues: [DispatchQueue]
    private let turn = Atomic(0)

    init(count: Int) {
        queues = (0..<max(1, count)).map { DispatchQueue(label: "tenantry.signing.\($0)") }
    }

    /// Runs the work on one of the threads, after what was given to it before.
    func run<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let number = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        let queue = queues[Int(UInt(bitPattern: number) % UInt(queues.count))]
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Result(catching: work)) }
        }
        return try result.get()
    }
}
