import Foundation
import Tenancy
import Testing

@Suite("Connection")
struct ConnectionTests {
    static let now = ManualClock.start
    static let proven: [ConnectionState] = [.granted, .behind, .narrowed]
    static let unproven = ConnectionState.allCases.filter { !proven.contains($0) }
    static let failures: [ConsentAnswer] = [
        .declined(aadsts: 65_004), .failed(error: "invalid_client", aadsts: nil), .misdirected(tenantID(2)),
        .misdirected(nil),
    ]
    static let grant = Verdict.granted(release: 1, servicePrincipal: guid(77))

    static func connection(_ state: ConnectionState, check: PendingCheck? = nil) -> Connection {
        Connection(
            tenant: tenantID(1), app: appName("crm"), state: state, since: now - 100,
            release: proven.contains(state) ? 1 : nil,
            servicePrincipal: proven.contains(state) ? guid(77) : nil, epoch: 5,
            check: check)
    }

    static func claim(_ looks: Int) -> PendingCheck { PendingCheck(reason: .claim, looks: looks, due: now) }
    static let doubt = PendingCheck(reason: .doubt, looks: 1, due: now)
    static let everyCheck: [PendingCheck?] = [nil, claim(0), claim(Patience.pauses.count), doubt]

    /// One event of each kind, but for the grant.
    static let lesserEvents: [ConnectionEvent] =
        [.invited, .answered(.approved), .answered(.delayed), .refused(.sample)]
        + failures.map { .answered($0) }
        + [
            .judged(.partial(missing: ["A"], servicePrincipal: guid(77))), .judged(.absent(.sample)),
            .judged(.unreachable(.sample)), .judged(.undecided(.sample)),
        ]

    // MARK: Proof that was lost, and proof that stands

    @Test("that was revoked is not proven anew by a part of the roles, nor after it was out of reach")
    func partProvesNothing() {
        var revoked = Self.connection(.revoked)
        revoked.release = 1
        let partial = ConnectionEvent.judged(.partial(missing: ["A"], servicePrincipal: guid(77)))
        let narrowed = revoked.applying(partial, at: Self.now)
        #expect(narrowed.state == .narrowed && !narrowed.isProven)
        let back = revoked.applying(.judged(.unreachable(.sample)), at: Self.now).applying(partial, at: Self.now + 9)
        #expect(back.state == .narrowed && !back.isProven)
    }

    @Test("that was proven and is out of reach keeps its proof, whatever a visitor brings and whoever makes a link")
    func standingProof() {
        let away = Self.connection(.granted).applying(.judged(.unreachable(.sample)), at: Self.now)
        #expect(away.release == 1 && !away.isProven)
        for event in Self.failures.map({ ConnectionEvent.answered($0) }) + [.invited, .answered(.requested)] {
            #expect(away.applying(event, at: Self.now + 1) == away, "\(event)")
        }
        let partial = ConnectionEvent.judged(.partial(missing: ["A"], servicePrincipal: guid(77)))
        #expect(away.applying(partial, at: Self.now + 1).isProven, "as it would have been without the pause")
    }

    @Test("that is refused again and again while a doubt waits moves its epoch once")
    func refusedOften() {
        var connection = Self.connection(.granted)
        for second in 0..<5 { connection = connection.applying(.refused(.sample), at: Self.now + Double(second)) }
        #expect(connection.epoch == 6 && connection.check?.due == Self.now + Patience.secondLook)
    }

    @Test("whose conflict is dismissed is looked at as before, where something was lost")
    func dismissedAfterLoss() {
        var conflict = Self.connection(.conflict)
        (conflict.release, conflict.recheckDue) = (1, Self.now + 100)
        let after = conflict.applying(.released(hasOpenLink: false), at: Self.now)
        #expect(after.state == .none && after.recheckDue == Self.now + 100)
    }

    // MARK: Promises that hold in every state

    @Test("is granted by nothing but the verifier's own verdict", arguments: ConnectionState.allCases)
    func onlyAVerdictGrants(_ state: ConnectionState) {
        for event in Self.lesserEvents {
            for check in Self.everyCheck {
                let next = Self.connection(state, check: check).applying(event, at: Self.now)
                #expect(next.state != .granted || state == .granted, "\(event)")
                #expect(!next.isProven || Self.proven.contains(state), "\(event)")
            }
        }
    }

    @Test("that is granted has no check, no doubt and no note left", arguments: ConnectionState.allCases)
    func grantSettles(_ state: ConnectionState) {
        for check in Self.everyCheck {
            let next = Self.connection(state, check: check).applying(.judged(Self.grant), at: Self.now)
            #expect(next.state == .granted && next.check == nil && next.note == nil)
            #expect(next.release == 1 && next.servicePrincipal == guid(77))
        }
    }

    @Test("that was proven is not touched by an answer that failed", arguments: proven)
    func failuresTouchNothing(_ state: ConnectionState) {
        for answer in Self.failures {
            for check in Self.everyCheck {
                let before = Self.connection(state, check: check)
                #expect(before.applying(.answered(answer), at: Self.now) == before)
            }
        }
    }

    @Test(
        "whose proof is being sought is not touched by an answer that failed",
        arguments: [ConnectionState.claimed, .verifying])
    func failuresDoNotEndASearch(_ state: ConnectionState) {
        for answer in Self.failures {
            let before = Self.connection(state, check: Self.claim(1))
            #expect(before.applying(.answered(answer), at: Self.now) == before)
        }
    }

    @Test("has no look left that is due already when a look was taken", arguments: ConnectionState.allCases)
    func nextLookLiesAhead(_ state: ConnectionState) {
        let verdicts = [
            Self.grant, .partial(missing: ["A"], servicePrincipal: nil), .absent(.sample), .unreachable(.sample),
            .undecided(.sample),
        ]
        for verdict in verdicts {
            for check in Self.everyCheck {
                let next = Self.connection(state, check: check).applying(.judged(verdict), at: Self.now)
                #expect(next.check.map { $0.due > Self.now } ?? true, "\(verdict) would be looked for without end")
            }
        }
    }

    @Test("says since when it is in its state, and moves that with the state only")
    func since() {
        let granted = Self.connection(.granted)
        #expect(granted.applying(.judged(Self.grant), at: Self.now).since == granted.since)
        #expect(granted.applying(.judged(.unreachable(.sample)), at: Self.now).since == Self.now)
        #expect(granted.applying(.answered(.approved), at: Self.now).since == granted.since)
    }

    @Test("knows which states are proven", arguments: ConnectionState.allCases)
    func provenStates(_ state: ConnectionState) {
        #expect(Self.connection(state).isProven == Self.proven.contains(state))
    }

    // MARK: Invitation and answers

    @Test("is invited from any state that is neither proven nor being checked", arguments: unproven)
    func invited(_ state: ConnectionState) {
        #expect(Self.connection(state).applying(.invited, at: Self.now).state == .invited)
        let sought = Self.connection(state, check: Self.claim(1))
        #expect(sought.applying(.invited, at: Self.now) == sought)
    }

    @Test("that was proven is not touched by another invitation", arguments: proven)
    func invitedAgain(_ state: ConnectionState) {
        #expect(Self.connection(state).applying(.invited, at: Self.now) == Self.connection(state))
    }

    @Test("is claimed by a yes, and looked at at once", arguments: [ConsentAnswer.approved, .delayed])
    func claimed(_ answer: ConsentAnswer) {
        for state in Self.unproven {
            let next = Self.connection(state).applying(.answered(answer), at: Self.now)
            #expect(next.state == .claimed && next.check == Self.claim(0) && next.epoch == 5)
        }
        for state in Self.proven {
            let next = Self.connection(state).applying(.answered(answer), at: Self.now)
            #expect(next.state == state && next.check == Self.claim(0) && next.epoch == 5)
        }
    }

    @Test("is denied by a no and in conflict by another tenant's answer, with the reason", arguments: failures)
    func refusedAnswer(_ answer: ConsentAnswer) {
        for state in [ConnectionState.none, .invited, .denied, .conflict, .revoked] {
            let next = Self.connection(state).applying(.answered(answer), at: Self.now)
            #expect(next.state == (answer.outcome == .misdirected ? .conflict : .denied))
            #expect(next.note == answer.note && next.check == nil)
        }
    }

    // MARK: Patience after a claim

    @Test("is looked at for 15 minutes in all after a claim, then given up for the time being")
    func patience() {
        var now = Self.now
        var next = Self.connection(.invited).applying(.answered(.approved), at: now)
        var looks = 0
        while let check = next.check, looks < 100 {
            now = check.due
            next = next.applying(.judged(.absent(.sample)), at: now)
            looks += 1
            if next.check != nil { #expect(next.state == .verifying) }
        }
        #expect(now.timeIntervalSince(Self.now) == 15 * 60)
        #expect(looks == Patience.pauses.count + 1)
        #expect(next.state == .claimed && next.note == .sample)
    }

    @Test("is looked at with the same patience for missing roles, and then says so")
    func patienceForRoles() {
        let verdict = Verdict.partial(missing: ["A"], servicePrincipal: nil)
        let waiting = Self.connection(.verifying, check: Self.claim(3)).applying(.judged(verdict), at: Self.now)
        #expect(waiting.state == .verifying)
        #expect(waiting.check == PendingCheck(reason: .claim, looks: 4, due: Self.now + Patience.pauses[3]))
        let last = Self.connection(.verifying, check: Self.claim(Patience.pauses.count))
        let ended = last.applying(.judged(verdict), at: Self.now)
        #expect(ended.state == .narrowed && ended.check == nil)
    }

    @Test(
        "is unreachable at once when something stands in the way that time does not cure",
        arguments: ConnectionState.allCases)
    func obstacle(_ state: ConnectionState) {
        for check in Self.everyCheck {
            let next = Self.connection(state, check: check).applying(.judged(.unreachable(.sample)), at: Self.now)
            #expect(next.state == .unreachable && next.check == nil && next.note == .sample)
        }
    }

    @Test("that was proven stays so while a new claim is looked into", arguments: proven)
    func provenWhileClaimed(_ state: ConnectionState) {
        let before = Self.connection(state, check: Self.claim(0))
        for verdict in [Verdict.absent(.sample), .partial(missing: ["A"], servicePrincipal: guid(77))] {
            let next = before.applying(.judged(verdict), at: Self.now)
            #expect(next.state == state && next.epoch == 5 && next.check?.looks == 1)
        }
    }

    @Test("is asked about again when the authority is in trouble, without counting that look")
    func authorityTrouble() {
        for (state, check) in [(ConnectionState.verifying, Self.claim(4)), (.granted, Self.doubt)] {
            let next = Self.connection(state, check: check).applying(.judged(.undecided(.sample)), at: Self.now)
            #expect(next.state == state && next.epoch == 5)
            #expect(
                next.check
                    == PendingCheck(
                        reason: check.reason, looks: check.looks, due: Self.now + Patience.authorityTrouble))
        }
    }

    @Test("keeps its state, and books nothing, when a look says nothing", arguments: ConnectionState.allCases)
    func undecided(_ state: ConnectionState) {
        let next = Self.connection(state).applying(.judged(.undecided(.sample)), at: Self.now)
        #expect(next.state == state && next.check == nil && next.epoch == 5)
        #expect((next.note == .sample) == !Self.proven.contains(state), "what is proven carries no note of it")
    }

    @Test("learns nothing from a look that was overtaken, and is not looked at again at once")
    func overtaken() {
        for state in ConnectionState.allCases {
            var before = Self.connection(state)
            before.recheckDue = Self.now
            var after = before
            after.recheckDue = Self.now + Patience.ownTrouble
            #expect(before.applying(.overtaken, at: Self.now) == after)
        }
        for (due, expected) in [(Self.now, Self.now + Patience.secondLook), (Self.now + 99, Self.now + 99)] {
            let before = Self.connection(.granted, check: PendingCheck(reason: .doubt, looks: 1, due: due))
            let after = before.applying(.overtaken, at: Self.now)
            #expect(after.check == PendingCheck(reason: .doubt, looks: 1, due: expected))
        }
    }

    // MARK: Doubt

    @Test("that was proven is revoked by a second look only", arguments: proven)
    func secondLook(_ state: ConnectionState) throws {
        let doubted = Self.connection(state).applying(.judged(.absent(.sample)), at: Self.now)
        #expect(doubted.state == state)
        #expect(doubted.check == PendingCheck(reason: .doubt, looks: 1, due: Self.now + Patience.secondLook))
        let due = try #require(doubted.check?.due)
        let revoked = doubted.applying(.judged(.absent(.sample)), at: due)
        #expect(revoked.state == .revoked && revoked.check == nil && revoked.note == .sample)
        #expect(doubted.applying(.judged(Self.grant), at: due).state == .granted)
    }

    @Test("that the authority refused in daily work is looked at after the pause of a second look", arguments: proven)
    func refusedInDailyWork(_ state: ConnectionState) {
        let next = Self.connection(state).applying(.refused(.sample), at: Self.now)
        #expect(next.state == state && next.note == .sample)
        #expect(next.check == PendingCheck(reason: .doubt, looks: 1, due: Self.now + Patience.secondLook))
        #expect(next.applying(.judged(.absent(.sample)), at: Self.now + 10).state == .revoked)
    }

    @Test("that was refused keeps the check it has")
    func refusedWhileChecked() {
        let next = Self.connection(.granted, check: Self.claim(3)).applying(.refused(.sample), at: Self.now)
        #expect(next.check == Self.claim(3))
    }

    @Test("that was never proven is not touched by a refusal", arguments: unproven)
    func refusedUnproven(_ state: ConnectionState) {
        #expect(Self.connection(state).applying(.refused(.sample), at: Self.now) == Self.connection(state))
    }

    @Test(
        "is left alone when a doubt was answered, whatever the answer was",
        arguments: [
            .absent(.sample), .unreachable(.sample), .partial(missing: ["A"], servicePrincipal: guid(77)), grant,
        ] as [Verdict])
    func doubtEnds(_ verdict: Verdict) {
        for state in Self.proven {
            let next = Self.connection(state, check: Self.doubt).applying(.judged(verdict), at: Self.now)
            #expect(next.check == nil, "\(state): a check that stays due is looked at again without end")
        }
    }

    @Test("goes from unreachable to revoked when consent that was proven turns out to be gone, else to none")
    func unreachable() {
        var lost = Self.connection(.unreachable)
        #expect(lost.applying(.judged(.absent(.sample)), at: Self.now).state == .none)
        lost.release = 1
        #expect(lost.applying(.judged(.absent(.sample)), at: Self.now).state == .revoked)
        #expect(lost.applying(.judged(Self.grant), at: Self.now).state == .granted)
    }

    @Test(
        "that never had consent keeps its state when none is found",
        arguments: [ConnectionState.none, .invited, .claimed, .denied, .conflict, .revoked])
    func absentAnyway(_ state: ConnectionState) {
        let next = Self.connection(state).applying(.judged(.absent(.sample)), at: Self.now)
        #expect(next.state == state && next.note == .sample && next.epoch == 5)
    }
}

extension ConnectionEvent {
    /// Whether it proves some of the roles.
    fileprivate var isPartial: Bool {
        if case .judged(.partial) = self { true } else { false }
    }
}
