package import FoundationEssentials

/// Brings a new credential in: adds it in Entra, watches until it works everywhere, then puts it to its use. A value;
/// every step is remembered before the next one begins, so that it goes on after a crash.
package struct Rotation: Sendable, Equatable {
    package enum Purpose: Sendable, Equatable {
        /// One more that works; it becomes preferred only if there is no other.
        case add
        /// The new one takes the place of the preferred one, which retires after so many seconds.
        case replace(overlap: TimeInterval)
        /// As `replace`, but nothing is retired.
        case drill
    }

    package enum Step: String, Sendable {
        /// It is made known to Entra.
        case adding
        /// Entra knows it; tokens are asked for with it until every part of the authority has taken notice.
        case observing
        case done
        /// Nothing was put to use, and what was preferred still is.
        case failed
    }

    package let app: AppName
    /// The new credential. Entra shows it as ``mark``.
    package let credential: CredentialID
    package let kind: CredentialKind
    package let purpose: Purpose
    package let startedAt: Date
    /// How long a new secret is to live, in seconds; the others bring their own end.
    package let life: TimeInterval
    package var step: Step
    /// Tokens in a row that were had with it.
    package var seen: Int
    /// When the next step is taken.
    package var due: Date
    /// Past this, it has failed.
    package var deadline: Date
    package var fault: Fault?

    package init(
        app: AppName, credential: CredentialID, kind: CredentialKind, purpose: Purpose, startedAt: Date,
        life: TimeInterval, step: Step = .adding, seen: Int = 0, due: Date, deadline: Date, fault: Fault? = nil
    ) {
        self.app = app
        self.credential = credential
        self.kind = kind
        self.purpose = purpose
        self.startedAt = startedAt
        self.life = life
        self.step = step
        self.seen = seen
        self.due = due
        self.deadline = deadline
        self.fault = fault
    }

    /// The display name in Entra, by which an addition whose reply was lost is found again.
    package var mark: String { Self.mark(of: credential) }

    /// Seconds that what is made may live. Source: two years are Entra's longest for a secret, and a burden for a
    /// certificate too.
    package static let lives: ClosedRange<TimeInterval> = 3_600...730 * 86_400
    package static let defaultLife: TimeInterval = 180 * 86_400
    package static let longestOverlap: TimeInterval = 90 * 86_400

    package static func mark(of credential: CredentialID) -> String { "tenantry \(credential)" }

    package var isFinal: Bool { step == .done || step == .failed }
}

/// How a new credential is watched. Source: secrets were seen to need 4 to 18 s, federated credentials minutes, and
/// both to flap after the first success.
package enum Observation {
    /// So many tokens in a row count as proof.
    package static let needed = 5
    /// Between two tokens, in seconds.
    package static let pause: TimeInterval = 1
    /// After an authority or directory that could not be asked.
    package static let troublePause: TimeInterval = 5
    /// From its coming into Entra to giving up; as long for that, from the start.
    package static let patience: TimeInterval = 15 * 60
    /// How long a replaced credential stays beside the new one unless said otherwise.
    package static let defaultOverlap: TimeInterval = 7 * 86_400
    /// A retirement that did not succeed is tried again after this.
    package static let retirementPause: TimeInterval = 3_600
}

/// What asking for a token with a new credential showed.
package enum Sighting: Sendable, Equatable {
    case works
    /// Entra does not know it, or not everywhere.
    case notYet(Fault)
    /// Says nothing about the credential.
    case undecided(Fault)
    /// Waiting will not cure it.
    case hopeless(Fault)
}

extension Rotation {
    /// The rotation after that sighting. When it has been seen often enough it is `done`; the credential is put to its
    /// use in the same transaction.
    package func observing(_ sighting: Sighting, at now: Date) -> Rotation {
        var next = self
        switch sighting {
        case .works:
            next.seen += 1
            next.fault = nil
            next.due = now + Observation.pause
            if next.seen >= Observation.needed { next.step = .done }
        case .notYet(let fault):
            next.seen = 0
            next.halt(fault, retryAfter: Observation.pause, at: now)
        case .undecided(let fault): next.halt(fault, retryAfter: Observation.troublePause, at: now)
        case .hopeless(let fault):
            next.fault = fault
            next.step = .failed
        }
        return next
    }

    /// Remembers what is in the way, and gives up when the time is over.
    package mutating func halt(_ fault: Fault, retryAfter pause: TimeInterval, at now: Date) {
        self.fault = fault
        due = now + pause
        if due >= deadline { step = .failed }
    }

    /// What the end of the rotation does to the app's credentials.
    func conclusion(replacing old: Credential?, at now: Date) -> [CredentialChange] {
        switch purpose {
        case .add: [.activate(credential)] + (old == nil ? [.prefer(credential, retiringOther: nil)] : [])
        case .replace(let overlap):
            [.activate(credential), .prefer(credential, retiringOther: now + overlap)]
        case .drill: [.activate(credential), .prefer(credential, retiringOther: nil)]
        }
    }
}
