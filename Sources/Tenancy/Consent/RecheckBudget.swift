import FoundationEssentials

/// How many routine looks may be taken: a bucket that fills evenly, so that a fleet whose looks fall due together, as
/// after an outage of ours, is looked at in even steps.
package struct RecheckBudget: Sendable {
    /// 50,000 tenants are looked at in less than two hours by it, or 35 a minute over the day.
    package static let defaultRate = 600

    private let perSecond: Double
    private var left: Double = 0
    private var filledAt: Date?

    init(perMinute: Int) { perSecond = Double(perMinute) / 60 }

    /// Takes out what there is, ten seconds' worth at most.
    mutating func take(at now: Date) -> Int {
        let most = max(1, perSecond * 10)
        left = filledAt.map { min(most, left + max(0, now.timeIntervalSince($0)) * perSecond) } ?? most
        filledAt = now
        let whole = left.rounded(.down)
        left -= whole
        return Int(whole)
    }

    /// Puts back what was not needed.
    mutating func giveBack(_ count: Int) { left += Double(count) }
}
