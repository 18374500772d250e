import Synchronization

/// What makes one reply unlike the next, drawn from one seed.
///
/// Variation is legal and must not matter to a correct client; trouble is failure. Each has its own row of numbers, so
/// that switching trouble on leaves variation as it was.
final class Chaos: Sendable {
    let seed: UInt32
    private let isVarying: Bool
    private let variations: Mutex<SeededGenerator>
    private let failures: Mutex<SeededGenerator>
    let trouble: Mutex<Trouble>

    init(_ configuration: ChaosConfiguration) {
        seed = configuration.seed
        isVarying = configuration.isVarying
        variations = Mutex(SeededGenerator(seed: UInt64(configuration.seed)))
        failures = Mutex(SeededGenerator(seed: ~UInt64(configuration.seed)))
        trouble = Mutex(configuration.trouble)
    }

    /// How the next callback differs from the plain one; `nil` when replies do not vary.
    func callbackVariation() -> CallbackVariation? {
        nextSeed().map { CallbackVariation(SeededGenerator(seed: $0)) }
    }

    /// How the next reply differs from the plain one; `nil` when replies do not vary.
    func replyVariation() -> ReplyVariation? {
        nextSeed().map { ReplyVariation(SeededGenerator(seed: $0)) }
    }

    /// The failure that stands in for the answer to the next request; `nil` for most.
    func failure(of endpoint: RequestHistory.Endpoint) -> Fault? {
        let share = trouble.withLock { $0.share(of: endpoint) }
        guard share > 0 else { return nil }
        let kind: Fault.Kind? = failures.withLock { generator in
            guard generator.falls(within: share) else { return nil }
            let kinds: [Fault.Kind] = [
                .throttle(retryAfter: "1"), .htmlError, .serverError, .gatewayTimeout, .close,
            ]
            return kinds.randomElement(using: &generator)
        }
        return kind.map { Fault(id: 0, match: Fault.Match(endpoint: endpoint), kind: $0, skip: 0, remaining: 1) }
    }

    private func nextSeed() -> UInt64? {
        isVarying ? variations.withLock { $0.next() } : nil
    }
}
