import FoundationEssentials
import Logging
import Synchronization

/// What the three listeners share: the directory, the time, the keys, faults in waiting and the history.
final class EmulatedService: Sendable {
    let directory: Mutex<Directory>
    let faults = Mutex(FaultQueue())
    let history = Mutex(RequestHistory())
    let keys: SigningKeys
    let clock: EmulatorClock
    let randomness: Randomness
    let logger: Logger
    private let bound = Mutex<EmulatorAddresses?>(nil)

    init(
        directory: Directory, keys: SigningKeys, clock: EmulatorClock, randomness: Randomness, logger: Logger
    ) {
        self.directory = Mutex(directory)
        self.keys = keys
        self.clock = clock
        self.randomness = randomness
        self.logger = logger
    }

    /// Where the emulator listens; `nil` until all three listeners are bound.
    var addresses: EmulatorAddresses? { bound.withLock { $0 } }

    /// Told once, when all listeners are bound.
    func start(at addresses: EmulatorAddresses) {
        directory.withLock { $0.nameGraph(EmulatorAddresses.spellings(of: addresses.graph)) }
        bound.withLock { $0 = addresses }
    }

    /// A copy of the directory as it is now. Copies share their storage, so this costs next to nothing.
    var snapshot: Directory { directory.withLock { $0 } }

    /// Records an answer in the history.
    func record(_ answer: Answer, to incoming: Incoming, endpoint: RequestHistory.Endpoint) {
        let status = answer.delivery == .complete ? answer.status : nil
        let now = clock.now
        history.withLock {
            $0.append(
                at: now, endpoint: endpoint, method: incoming.method, path: incoming.path, status: status,
                note: answer.note)
        }
    }
}
