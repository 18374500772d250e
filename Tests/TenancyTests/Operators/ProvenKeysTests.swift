import Foundation
import SQLiteStore
import Synchronization
import Tenancy
import Testing

@Suite("Proven keys", .timeLimit(.minutes(1)))
struct ProvenKeysTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func issuer(_ store: any APIKeyStore) -> KeyIssuer {
        KeyIssuer(store: store, clock: fixture.clock.wallClock, randomness: .system)
    }

    @Test("A key that has proven itself is not looked up again")
    func remembered() async throws {
        let store = WatchedKeys(fixture.store.keys)
        let keys = issuer(store)
        let (key, text) = try await keys.issue(name: "CI", role: .admin, by: .service)
        for _ in 0..<10 { #expect(try await keys.authenticate(text.exposed) == key) }
        #expect(store.looks == 1)
    }

    @Test("Beside a key that is remembered, a text that differs in any one character proves nothing")
    func exact() async throws {
        let keys = issuer(fixture.store.keys)
        let (_, text) = try await keys.issue(name: "CI", role: .admin, by: .service)
        #expect(try await keys.authenticate(text.exposed) != nil)
        let characters = Array(text.exposed)
        for place in characters.indices {
            var wrong = characters
            wrong[place] = wrong[place] == "0" ? "1" : "0"
            #expect(try await keys.authenticate(String(wrong)) == nil)
        }
        for wrong in [text.exposed + "0", String(text.exposed.dropLast()), "", "tn_admin_", "0" + text.exposed] {
            #expect(try await keys.authenticate(wrong) == nil)
        }
    }

    @Test("A key that was ended opens nothing any more, and the others are looked up again")
    func revoked() async throws {
        let keys = issuer(fixture.store.keys)
        let (key, text) = try await keys.issue(name: "CI", role: .admin, by: .service)
        let (_, other) = try await keys.issue(name: "CD", role: .viewer, by: .service)
        #expect(try await keys.authenticate(text.exposed) == key)
        try await keys.revoke(key.id.description, by: .service)
        #expect(try await keys.authenticate(text.exposed) == nil)
        #expect(try await keys.authenticate(other.exposed) != nil)
    }

    @Test("A key that is ended while it is looked up is not remembered")
    func race() async throws {
        let gate = Gate()
        let store = WatchedKeys(fixture.store.keys, gate)
        let keys = issuer(store)
        let (key, text) = try await keys.issue(name: "CI", role: .admin, by: .service)
        async let early = keys.authenticate(text.exposed)
        await gate.arrival()
        try await keys.revoke(key.id.description, by: .service)
        gate.open()
        // It was looked up before the end, so this one may pass; it is the last.
        #expect(try await early == key)
        #expect(try await keys.authenticate(text.exposed) == nil)
    }
}

/// The real keys; counts the looks, and holds their answers back at the gate.
private final class WatchedKeys: APIKeyStore {
    private let real: any APIKeyStore
    private let gate: Gate?
    private let count = Mutex(0)

    init(_ real: any APIKeyStore, _ gate: Gate? = nil) {
        self.real = real
        self.gate = gate
    }

    var looks: Int { count.withLock { $0 } }

    func authenticate(_ text: APIKeyText) async throws(StoreError) -> APIKey? {
        count.withLock { $0 += 1 }
        let key = try await real.authenticate(text)
        await gate?.pass()
        return key
    }

    func add(_ key: APIKey, secret: Secret<String>, by actor: Actor) async throws(StoreError) {
        try await real.add(key, secret: secret, by: actor)
    }

    func keys() async throws(StoreError) -> [APIKey] { try await real.keys() }

    func revoke(_ id: APIKeyID, at instant: Date, by actor: Actor) async throws(StoreError) {
        try await real.revoke(id, at: instant, by: actor)
    }
}
