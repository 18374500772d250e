import Synchronization
import Tenancy

extension Randomness {
    /// The same bytes in every run of the tests, and different ones with every call (SplitMix64).
    static func seeded(_ seed: UInt64) -> Randomness {
        let state = SeededState(seed)
        return Randomness { count in (0..<count).map { _ in state.byte() } }
    }
}

private final class SeededState: Sendable {
    private let state: Mutex<UInt64>

    init(_ seed: UInt64) {
        state = Mutex(seed)
    }

    func byte() -> UInt8 {
        state.withLock { state in
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return UInt8(truncatingIfNeeded: word ^ (word >> 31))
        }
    }
}
