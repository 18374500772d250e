/// How unlike itself an emulator may be from one reply to the next.
package struct ChaosConfiguration: Sendable {
    /// What every choice follows from, as long as requests come in the same order.
    package var seed: UInt32
    /// Whether replies vary within what the protocol allows.
    package var isVarying: Bool
    /// How much fails instead of being answered.
    package var trouble: Trouble

    /// - Parameter isVarying: off by default: the same request is answered the same way.
    package init(seed: UInt32 = 1, isVarying: Bool = false, trouble: Trouble = Trouble()) {
        self.seed = seed
        self.isVarying = isVarying
        self.trouble = trouble
    }
}
