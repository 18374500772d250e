import Foundation
import Tenancy
import Testing

@Suite("Epoch of a connection")
struct ConnectionEpochTests {
    private typealias Sample = ConnectionTests

    @Test("moves its epoch whenever consent changes")
    func epochMoves() {
        func moved(_ state: ConnectionState, _ event: ConnectionEvent, check: PendingCheck? = nil) -> Bool {
            Sample.connection(state, check: check).applying(event, at: Sample.now).epoch > 5
        }
        for state in Sample.unproven { #expect(moved(state, .judged(Sample.grant)), "\(state)") }
        #expect(moved(.narrowed, .judged(Sample.grant)))
        #expect(moved(.granted, .judged(.granted(release: 2, servicePrincipal: guid(77)))))
        #expect(moved(.granted, .judged(.granted(release: 1, servicePrincipal: guid(78)))), "removed and added again")
        #expect(moved(.granted, .judged(.partial(missing: ["A"], servicePrincipal: guid(77)))))
        #expect(moved(.granted, .judged(.unreachable(.sample))))
        #expect(moved(.granted, .judged(.absent(.sample))), "no cached token outlives a doubt")
        #expect(moved(.granted, .judged(.absent(.sample)), check: Sample.doubt))
        #expect(moved(.granted, .refused(.sample)))
    }

    @Test("moves its epoch when a tenant that was narrowed loses a further role")
    func epochMovesWhileNarrowed() {
        let once = Sample.connection(.granted)
            .applying(.judged(.partial(missing: ["A"], servicePrincipal: guid(77))), at: Sample.now)
        let twice = once.applying(.judged(.partial(missing: ["A", "B"], servicePrincipal: guid(77))), at: Sample.now)
        #expect(twice.epoch > once.epoch)
        #expect(twice.note?.detail.contains("A, B") == true)
    }

    @Test("keeps its epoch while nothing changes, so that no token is fetched in vain")
    func epochStays() {
        let granted = Sample.connection(.granted)
        let events: [ConnectionEvent] = [
            .judged(Sample.grant), .judged(.undecided(.sample)), .invited, .answered(.approved),
            .answered(.declined(aadsts: nil)),
        ]
        for event in events { #expect(granted.applying(event, at: Sample.now).epoch == 5, "\(event)") }
    }
}
