import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite struct TokenStoreTests {
    @Test("A token comes back with its claims and times")
    func roundTrip() async throws {
        let fixture = try Fixture()
        let (app, tenant, connection) = try await fixture.addConnected()
        let key = TokenKey(app, tenant)
        let token = try key.token(receivedAt: Fixture.start + 0.25)
        #expect(try await fixture.store.tokens.put(token, for: key, epoch: connection.epoch, app: app.name))
        #expect(try await fixture.store.tokens.token(key, epoch: connection.epoch) == token)
    }

    @Test("There is nothing under another epoch, resource, tenant, app or cloud")
    func exactKey() async throws {
        let fixture = try Fixture()
        let (app, tenant, connection) = try await fixture.addConnected()
        let (key, epoch) = (TokenKey(app, tenant), connection.epoch)
        #expect(try await fixture.store.tokens.put(try key.token(), for: key, epoch: epoch, app: app.name))
        #expect(try await fixture.store.tokens.token(key, epoch: epoch - 1) == nil)
        #expect(try await fixture.store.tokens.token(key, epoch: epoch + 1) == nil)
        let others = [
            TokenKey(app, tenant, resource("api://other")), TokenKey(app, Fixture.tenant(2)),
            TokenKey(Fixture.app(number: 2), tenant), TokenKey(Fixture.app(cloud: .usGov), tenant),
        ]
        for other in others { #expect(try await fixture.store.tokens.token(other, epoch: epoch) == nil) }
    }

    @Test("A newer token replaces the older one")
    func replaced() async throws {
        let fixture = try Fixture()
        let (app, tenant, connection) = try await fixture.addConnected()
        let key = TokenKey(app, tenant)
        for mark in ["old", "new"] {
            let isStored = try await fixture.store.tokens.put(
                try key.token(mark), for: key, epoch: connection.epoch, app: app.name)
            #expect(isStored)
        }
        #expect(try await fixture.store.tokens.token(key, epoch: connection.epoch) == key.token("new"))
        #expect(try await fixture.integer("SELECT count(*) AS value FROM token") == 1)
    }

    @Test("A token of an earlier or later epoch is not stored", arguments: [-1, 1])
    func otherEpoch(offset: Int) async throws {
        let fixture = try Fixture()
        let (app, tenant, connection) = try await fixture.addConnected()
        let key = TokenKey(app, tenant)
        let isStored = try await fixture.store.tokens.put(
            try key.token(), for: key, epoch: connection.epoch + offset, app: app.name)
        #expect(!isStored)
        #expect(try await fixture.integer("SELECT count(*) AS value FROM token") == 0)
    }

    @Test("A token whose key is not the named app's is not stored")
    func otherApp() async throws {
        let fixture = try Fixture()
        let (app, tenant, _) = try await fixture.addConnected()
        let other = try await fixture.addApp("other", number: 2)
        let key = TokenKey(app, tenant)
        #expect(try await !fixture.store.tokens.put(try key.token(), for: key, epoch: 0, app: other.name))
    }

    @Test(
        "A row that was copied to another tenant, app, resource or epoch does not open",
        arguments: ["tenant", "client_id", "resource", "epoch"])
    func copiedRow(column: String) async throws {
        let fixture = try Fixture()
        let (app, tenant, connection) = try await fixture.addConnected()
        let otherApp = try await fixture.addApp("other", number: 2)
        let otherTenant = try await fixture.addTenants(2...2)[0]
        let key = TokenKey(app, tenant)
        #expect(try await fixture.store.tokens.put(try key.token(), for: key, epoch: connection.epoch, app: app.name))
        let target: (key: TokenKey, value: String, epoch: Int) =
            switch column {
            case "tenant": (TokenKey(app, otherTenant), otherTenant.id.description, connection.epoch)
            case "client_id": (TokenKey(otherApp, tenant), otherApp.clientID.description, connection.epoch)
            case "resource": (TokenKey(app, tenant, resource("api://other")), "api://other", connection.epoch)
            default: (key, "41", 41)
            }
        #expect(try await fixture.sql("UPDATE token SET \(column) = ?1", [target.value]) == 1)
        #expect(try await fixture.store.tokens.token(target.key, epoch: target.epoch) == nil)
    }

    @Test("A row whose expiry or bytes were altered is absent, and the next put mends it")
    func alteredRow() async throws {
        let fixture = try Fixture()
        let (app, tenant, connection) = try await fixture.addConnected()
        let (key, epoch) = (TokenKey(app, tenant), connection.epoch)
        let token = try key.token()
        for change in ["expires_at = expires_at + 86400000", "sealed = x'0102'", "sealed = zeroblob(64)"] {
            #expect(try await fixture.store.tokens.put(token, for: key, epoch: epoch, app: app.name))
            #expect(try await fixture.store.tokens.token(key, epoch: epoch) == token)
            #expect(try await fixture.sql("UPDATE token SET \(change)") == 1)
            #expect(try await fixture.store.tokens.token(key, epoch: epoch) == nil)
        }
    }
}
