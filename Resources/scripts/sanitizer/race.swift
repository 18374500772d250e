import Synchronization
import Dispatch
final class Box: @unchecked Sendable { var value = 0; let lock = Mutex(0) }
let box = Box()
let races = CommandLine.arguments.count > 1
DispatchQueue.concurrentPerform(iterations: 8) { _ in
    for _ in 0..<200_000 {
        if races { box.value += 1 } else { box.lock.withLock { $0 += 1; box.value += 1 } }
    }
}
print(box.value)
