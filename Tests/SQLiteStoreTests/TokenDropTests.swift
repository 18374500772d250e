import Foundation
import Tenancy
import Testing

@testable import SQLiteStore

@Suite("Dropping stored tokens", .timeLimit(.minutes(1))) struct TokenDropTests {
    private let app = Fixture.app()

    @Test("What a tenant's tokens are dropped for: those that wait, and those on disk, of that app alone")
    func dropped() async throws {
        let place = try TokenPlace()
        let store = try place.open()
        let other = TokenKey.sample(1, resource("api://other"))
        let kept = [TokenKey.sample(2), .sample(1, app: 2)]
        for key in [TokenKey.sample(1)] + kept { try store.put("mine", for: key) }
        await store.flush()
        try store.put("mine", for: other)
        store.drop(TokenKey.sample(1).tenant, clientID: app.clientID)
        for _ in 0..<2 {
            #expect(store.token(.sample(1), epoch: 1) == nil && store.token(other, epoch: 1) == nil)
            for key in kept { #expect(try store.finds("mine", for: key)) }
            await store.flush()
        }
        // What waited may have been written just before.
        #expect((1...2).contains(store.metrics.removed))
        store.close()
        let reopened = try place.open()
        #expect(reopened.token(.sample(1), epoch: 1) == nil && reopened.token(other, epoch: 1) == nil)
        for key in kept { #expect(try reopened.finds("mine", for: key)) }
        reopened.close()
    }

    @Test("A token of a batch that was under way is not found after the drop; one that was put later is")
    func underWay() async throws {
        let place = try TokenPlace()
        let store = try place.open()
        try await store.holding {
            for tenant in 1...3 { try store.put("before", for: .sample(tenant)) }
            try await wait { store.isWriting }
            for tenant in 1...2 { store.drop(TokenKey.sample(tenant).tenant, clientID: app.clientID) }
            #expect(store.token(.sample(1), epoch: 1) == nil && store.token(.sample(2), epoch: 1) == nil)
            try store.put("after", for: .sample(2))
            #expect(try store.finds("after", for: .sample(2)) && store.finds("before", for: .sample(3)))
        }
        await store.flush()
        #expect(store.token(.sample(1), epoch: 1) == nil)
        #expect(try store.finds("after", for: .sample(2)) && store.finds("before", for: .sample(3)))
        store.close()
        let reopened = try place.open()
        #expect(reopened.token(.sample(1), epoch: 1) == nil)
        #expect(try reopened.finds("after", for: .sample(2)) && reopened.finds("before", for: .sample(3)))
        reopened.close()
    }

    @Test("However puts, drops and writes meet, a look finds what was put last and nothing that was dropped")
    func races() async throws {
        let place = try TokenPlace()
        let store = try place.open()
        let faults = await withTaskGroup(of: Int.self) { group in
            for tenant in 1...8 {
                group.addTask {
                    let key = TokenKey.sample(tenant)
                    var faults = 0
                    for round in 0..<150 {
                        guard let old = try? key.stored("\(round) old"), let new = try? key.stored("\(round) new")
                        else {
                            return .max
                        }
                        store.put(old, for: key, epoch: 1)
                        if round % 3 == 0 { await store.flush() }
                        store.drop(key.tenant, clientID: key.clientID)
                        if store.token(key, epoch: 1) != nil { faults += 1 }
                        if round % 5 == 0 { await Task.yield() }
                        if store.token(key, epoch: 1) != nil { faults += 1 }
                        store.put(new, for: key, epoch: 1)
                        if store.token(key, epoch: 1)?.value != new.value { faults += 1 }
                    }
                    return faults
                }
            }
            return await group.reduce(0, +)
        }
        #expect(faults == 0)
        await store.flush()
        #expect(try place.rows() == 8)
        store.close()
    }

    @Test("What is dropped of an app are its tokens in every tenant, and other apps keep theirs")
    func droppedApp() async throws {
        let place = try TokenPlace()
        let store = try place.open(mostWaiting: 5_000)
        let other = TokenKey.sample(1, app: 2)
        for tenant in 1...2_500 { try store.put("mine", for: .sample(tenant)) }
        try store.put("mine", for: other)
        await store.flush()
        try store.put("mine", for: .sample(1, resource("api://other")))
        store.drop(app.clientID)
        try store.put("later", for: .sample(2))
        for _ in 0..<2 {
            #expect(store.token(.sample(1), epoch: 1) == nil && store.token(.sample(2_001), epoch: 1) == nil)
            #expect(store.token(.sample(1, resource("api://other")), epoch: 1) == nil)
            #expect(try store.finds("mine", for: other) && store.finds("later", for: .sample(2)))
            await store.flush()
        }
        #expect(try (2_500...2_501).contains(store.metrics.removed) && place.rows() == 2)
        store.close()
    }

    @Test("A token of former consent whose drop was lost is found by no later connection of the same app and tenant")
    func lostDrop() async throws {
        let fixture = try Fixture()
        let (app, tenant, former) = try await fixture.addConnected()
        let tokens = fixture.store.tokens
        try await fixture.store.apps.delete(app.name, by: .service, at: Fixture.start)
        // As a flight's put that comes after the drop.
        tokens.put(try TokenKey(app, tenant).stored("former"), for: TokenKey(app, tenant), epoch: former.epoch)
        _ = try await fixture.addApp()
        func judge(_ verdict: Verdict) async throws -> Connection {
            try await fixture.store.consent.apply(
                .judged(verdict), to: tenant.id, app.name, grants: [], evidence: [], at: Fixture.start, by: .service)
        }
        let granted = Verdict.granted(release: 1, servicePrincipal: guid(77))
        let first = try await judge(granted)
        #expect(first.epoch > former.epoch && tokens.token(TokenKey(app, tenant), epoch: first.epoch) == nil)
        #expect(try await judge(.partial(missing: ["x"], servicePrincipal: guid(77))).epoch == first.epoch + 1)
        #expect(try await judge(granted).epoch == first.epoch + 2)
        // Of an app that had none, nothing is taken.
        let idle = try await fixture.addApp("idle", number: 2)
        try await fixture.store.apps.delete(idle.name, by: .service, at: Fixture.start)
        let next = try await fixture.addTenants(2...2)[0]
        let invited = try await fixture.store.consent.apply(
            .invited, to: next.id, app.name, grants: nil, evidence: [], at: Fixture.start, by: .service)
        #expect(invited.epoch == former.epoch + 1)
    }
}
