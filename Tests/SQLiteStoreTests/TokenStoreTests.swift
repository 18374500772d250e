import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite struct TokenStoreTests {
    @Test("A token comes back with its text and times")
    func roundTrip() async throws {
        let fixture = try Fixture()
        let (app, tenant, connection) = try await fixture.addConnected()
        let key = TokenKey(app, tenant)
        let token = try key.stored(receivedAt: Fixture.start + 0.25)
        fixture.store.tokens.put(token, for: key, epoch: connection.epoch)
        await fixture.store.tokens.flush()
        let found = try #require(try fixture.store.tokens.token(key, epoch: connection.epoch))
        #expect(found.value == token.value && found.digest == token.digest && found.expiresAt == token.expiresAt)
    }
}
