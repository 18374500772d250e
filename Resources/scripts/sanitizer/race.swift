// A variable that eight threads change: under a lock, or without one when there is an argument.
import Dispatch
import Synchronization

final class Shared: @unchecked Sendable {
    let lock = Mutex(0)
    var count = 0
}

let shared = Shared()
let isLocked = CommandLine.arguments.count == 1
DispatchQueue.concurrentPerform(iterations: 8) { _ in
    for _ in 0..<200_000 {
        if isLocked { shared.lock.withLock { _ in shared.count += 1 } } else { shared.count += 1 }
    }
}
print(shared.count)
