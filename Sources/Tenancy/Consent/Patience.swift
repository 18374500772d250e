package import FoundationEssentials

/// When a tenant is looked at: a schedule that is data.
package enum Patience {
    /// How long proof is waited for after a callback said yes: pauses before the second, third … look, 15 minutes in
    /// all. The first look is at once.
    ///
    /// Source: lags of seconds to 15 minutes reported for roles in tokens and for error 650051.
    package static let pauses: [TimeInterval] = [1, 2, 3, 5, 9, 20, 40, 60, 120, 240, 400]
    /// A refusal of a proven tenant is looked at again after this time.
    package static let secondLook: TimeInterval = 10
    /// An authority that cannot be asked is asked again after this time; such looks are not counted.
    package static let authorityTrouble: TimeInterval = 15
    /// When our own credential or request is refused, only an operator can cure it.
    package static let ownTrouble: TimeInterval = 300

    /// How often a consent that is proven is looked at though nobody asked.
    package static let routine: TimeInterval = 86_400
    /// One that lacks something, or that an administrator was asked for, may be mended at any time.
    package static let mending: TimeInterval = 6 * 3_600
    /// Pauses after the first, second … look that found the tenant blocked; the last one holds on. So many of them in
    /// a row put the tenant into quarantine.
    package static let unreachable: [TimeInterval] = [3_600, 4 * 3_600, 86_400]
    /// The probe of tenants that are dead, blocked or gone.
    package static let slowProbe: TimeInterval = 7 * 86_400
    /// A request to a tenant's administrators is given up after this time. Source: Entra lets it expire by then.
    package static let requestLife: TimeInterval = 30 * 86_400
}

extension Connection {
    /// Whether the tenant has been out of reach for so long that no work should be begun for it.
    package var wantsQuarantine: Bool { unreachableLooks >= Patience.unreachable.count }

    /// When the next routine look is due after one at that instant; `nil` where only a new answer can change anything.
    func nextRecheck(after now: Date) -> Date? {
        let pause: TimeInterval
        switch state {
        case .granted, .behind: pause = note == nil || state == .behind ? Patience.routine : Patience.unreachable[0]
        case .narrowed, .claimed, .verifying: pause = Patience.mending
        case .unreachable:
            pause =
                wantsQuarantine ? Patience.slowProbe : Patience.unreachable[max(unreachableLooks, 1) - 1]
        case .revoked: pause = Patience.slowProbe
        case .invited:
            guard note?.code == Fault.requestSent, now < since + Patience.requestLife else { return nil }
            pause = Patience.mending
        case .none, .denied, .conflict: return nil
        }
        return now + pause * spread
    }

    /// A share of the pause, from a half to the whole, that is the tenant's own: a fleet that was onboarded in one
    /// hour is looked at over the whole day.
    private var spread: Double {
        var hash = FNV1a()
        hash.take(tenant.description)
        // Multiplied once more, because the upper bits hardly feel the last characters.
        return 0.5 + 0.5 * Double((hash.value &* 0x9e37_79b9_7f4a_7c15) >> 40) / Double(1 << 24)
    }
}
