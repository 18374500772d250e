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
    let workload = Mutex(WorkloadIssuer())
    let signIns = Mutex(DeviceSignIns())
    let codes = Mutex(AuthorizationCodes())
    let forgeries = Mutex(IDTokenForgeries())
    let latency: Mutex<Latency>
    let chaos: Chaos
    private let tokenTurns = Atomic<Int>(0)
    private let graphTurns = Atomic<Int>(0)
    private let bound = Mutex<EmulatorAddresses?>(nil)

    init(
        directory: Directory, latency: Latency, chaos: Chaos, keys: SigningKeys, clock: EmulatorClock,
        randomness: Randomness, logger: Logger
    ) {
        self.directory = Mutex(directory)
        self.latency = Mutex(latency)
        self.chaos = chaos
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

    /// The replica of the token endpoint that answers next: each in turn.
    func nextTokenReplica() -> Int {
        tokenTurns.wrappingAdd(1, ordering: .relaxed).oldValue % Spread.replicas
    }

    /// Whether the replica of Graph that answers next has heard of what is still on its way: every second has.
    func nextGraphReplicaKnows() -> Bool {
        graphTurns.wrappingAdd(1, ordering: .relaxed).oldValue % 2 == 1
    }

    /// When the replicas of the token endpoint hear of a credential that changes now.
    func spread(from now: Date) -> Spread {
        Spread(from: now, scale: latency.withLock { $0.secretPropagationScale })
    }

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
