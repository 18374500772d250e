package import FoundationEssentials

/// Something that happens to a connection.
package enum ConnectionEvent: Sendable, Equatable {
    /// A consent link was made.
    case invited
    /// The customer's browser came back. A claim, not a fact.
    case answered(ConsentAnswer)
    /// The verifier looked.
    case judged(Verdict)
    /// The verifier looked, but what it looked at had changed before it was done.
    case overtaken
    /// The authority refused a token in daily work, for want of consent.
    case refused(Fault)
    /// A yes that was given before was brought again.
    case reminded
    /// The administrator who said yes has signed in.
    case confirmed
    /// The operator has settled a conflict, or taken the last open link back.
    case released(hasOpenLink: Bool)
}

/// What the verifier saw in one look.
package enum Verdict: Sendable, Equatable {
    /// A token of that very tenant holds every role of that release.
    case granted(release: Int, servicePrincipal: GUID?)
    /// A token holds every role of the release that was granted, but not these of the one that is asked for now.
    case behind(release: Int, missing: [String], servicePrincipal: GUID?)
    /// A token was issued, but these roles are not in it.
    case partial(missing: [String], servicePrincipal: GUID?)
    /// The tenant has no consent for the app.
    case absent(Fault)
    /// Consent may be there, but the tenant cannot be worked with: policy, disabled, gone.
    case unreachable(Fault)
    /// The look says nothing about the tenant: authority trouble, or our own credential.
    /// Asked again after so many seconds, when somebody waits for the answer.
    case undecided(Fault, again: TimeInterval = Patience.authorityTrouble)
}

extension Verdict {
    /// Whether time may still turn it: no consent, or not all of it.
    fileprivate var isNegative: Bool {
        switch self {
        case .behind, .partial, .absent: true
        case .granted, .unreachable, .undecided: false
        }
    }
}

extension Connection {
    /// The connection after that event. Pure; the store calls it inside its transaction.
    ///
    /// Two rules hold everywhere: only a verdict makes a connection granted, and an answer that failed never
    /// overwrites what was proven.
    package func applying(_ event: ConnectionEvent, at now: Date) -> Connection {
        var next = self
        switch event {
        case .invited:
            if !hasStandingProof, check == nil { next.enter(.invited, at: now, note: nil) }
        case .answered(let answer):
            next.take(answer, at: now)
        case .judged(let verdict):
            next.take(verdict, at: now)
        case .overtaken:
            // Nothing was learnt. What is booked stays booked, but is not taken up again at once.
            next.check = check.map {
                PendingCheck(reason: $0.reason, looks: $0.looks, due: max($0.due, now + Patience.secondLook))
            }
            next.recheckDue = recheckDue.map { max($0, now + Patience.ownTrouble) }
        case .refused(let note):
            guard isProven else { break }
            next.note = note
            // Those who are refused while a doubt waits for its second look say nothing new.
            guard check?.reason != .doubt else { break }
            next.epoch += 1
            if check == nil { next.check = PendingCheck(reason: .doubt, looks: 1, due: now + Patience.secondLook) }
        case .reminded:
            // A search that has ended begins anew; one that goes on is not hurried.
            guard !isProven, check == nil else { break }
            next.check = PendingCheck(reason: .claim, looks: 0, due: now)
        case .confirmed:
            if !isProven { next.check = PendingCheck(reason: .claim, looks: 0, due: now) }
        case .released(let hasOpenLink):
            guard state == .conflict || state == .invited, check == nil else { break }
            let aim: ConnectionState = hasOpenLink ? .invited : .none
            if aim != state || state == .conflict { next.enter(aim, at: now, note: nil) }
            // What was lost or out of reach before goes on being looked at.
            if release == nil, unreachableLooks == 0 { next.recheckDue = nil }
        }
        return next
    }

    private mutating func take(_ answer: ConsentAnswer, at now: Date) {
        switch answer {
        case .approved, .delayed:
            if !isProven { enter(.claimed, at: now, note: nil) }
            check = PendingCheck(reason: .claim, looks: 0, due: now)
        case .requested:
            guard !hasStandingProof, check == nil else { return }
            enter(.invited, at: now, note: answer.note)
            recheckDue = nextRecheck(after: now)
        case .declined, .failed, .misdirected:
            guard !hasStandingProof, check == nil else { return }
            enter(answer.isMisdirected ? .conflict : .denied, at: now, note: answer.note)
        }
    }

    private mutating func take(_ verdict: Verdict, at now: Date) {
        // A look before its time, by an impatient person or for a visitor, makes the time out of reach no longer.
        let isEarly = state == .unreachable && recheckDue.map { now < $0 } ?? false
        switch verdict {
        case .unreachable: unreachableLooks += isEarly ? 0 : 1
        case .undecided: break
        case .granted, .behind, .partial, .absent: unreachableLooks = 0
        }
        draw(verdict, at: now)
        if case .undecided = verdict {
            // Nothing was learnt; a routine look is taken again soon, but not at once.
            recheckDue = recheckDue.map { max($0, now + Patience.ownTrouble) }
        } else if case .unreachable = verdict, isEarly {
            // The routine look is still to come.
        } else {
            recheckDue = nextRecheck(after: now)
        }
    }

    private mutating func draw(_ verdict: Verdict, at now: Date) {
        // A look answers the check that asked for it. Whoever wants another one books it, always in the future.
        let pending = check
        check = nil
        if let pending, now < pending.due, verdict.isNegative {
            // A look that nobody had booked, by an impatient person: it spends no patience and confirms no doubt.
            check = pending
            return
        }
        switch verdict {
        case .granted(let release, let principal):
            if state != .granted || self.release != release || servicePrincipal != principal { epoch += 1 }
            self.release = release
            servicePrincipal = principal
            enter(.granted, at: now, note: nil)
        case .behind(let release, let missing, let principal):
            let note = Fault(
                code: "release_not_granted", detail: "Not yet granted: \(missing.joined(separator: ", ")).",
                whoMustAct: .customerAdmin)
            guard !waitsOn(note, after: pending, at: now) else { return }
            if state != .behind || self.release != release || servicePrincipal != principal { epoch += 1 }
            self.release = release
            servicePrincipal = principal
            enter(.behind, at: now, note: note)
        case .partial(let missing, let principal):
            let note = Fault(
                code: "roles_missing", detail: "The consent lacks \(missing.joined(separator: ", ")).",
                whoMustAct: .customerAdmin)
            guard !waitsOn(note, after: pending, at: now) else { return }
            if state != .narrowed || servicePrincipal != principal || self.note != note { epoch += 1 }
            // A part of the roles renews no proof that was lost.
            if !hasStandingProof { self.release = nil }
            servicePrincipal = principal
            enter(.narrowed, at: now, note: note)
        case .absent(let note):
            guard !waitsOn(note, after: pending, at: now) else { return }
            takeAbsence(note, isSecondLook: pending != nil, at: now)
        case .unreachable(let note):
            // A policy or a disabled app is no lag: waiting would not cure it.
            epoch += 1
            if !hasStandingProof { self.release = nil }
            enter(.unreachable, at: now, note: note)
        case .undecided(let note, let again):
            // It says nothing about the tenant, so nothing that was proven carries its note.
            if !isProven { self.note = note }
            check = pending.map { PendingCheck(reason: $0.reason, looks: $0.looks, due: now + again) }
        }
    }

    private mutating func takeAbsence(_ note: Fault, isSecondLook: Bool, at now: Date) {
        switch state {
        case .granted, .behind, .narrowed:
            epoch += 1
            if isSecondLook {
                enter(.revoked, at: now, note: note)
            } else {
                self.note = note
                check = PendingCheck(reason: .doubt, looks: 1, due: now + Patience.secondLook)
            }
        case .unreachable: enter(release == nil ? .none : .revoked, at: now, note: note)
        case .verifying: enter(.claimed, at: now, note: note)
        case .invited where self.note?.code == Fault.requestSent: break
        case .none, .invited, .claimed, .denied, .conflict, .revoked: self.note = note
        }
    }

    /// Books the next look of a claim; `false` when this was no claim, or patience is at its end.
    private mutating func waitsOn(_ note: Fault, after pending: PendingCheck?, at now: Date) -> Bool {
        guard let pending, pending.reason == .claim, pending.looks < Patience.pauses.count else { return false }
        check = PendingCheck(reason: .claim, looks: pending.looks + 1, due: now + Patience.pauses[pending.looks])
        if isProven { self.note = note } else { enter(.verifying, at: now, note: note) }
        return true
    }

    private mutating func enter(_ state: ConnectionState, at now: Date, note: Fault?) {
        if self.state != state { since = now }
        self.state = state
        self.note = note
    }
}
