import Foundation
import SQLiteStore
import Testing

@testable import Tenancy

@Suite("API key text")
struct APIKeyTextTests {
    private let text = APIKeyText(role: .operator, randomness: .seeded(3))

    @Test("is read again, for every role", arguments: OperatorRole.allCases)
    func roundTrip(_ role: OperatorRole) throws {
        let text = APIKeyText(role: role, randomness: .seeded(4))
        let parsed = try #require(APIKeyText(parsing: text.full.exposed))
        #expect(parsed.id == text.id && parsed.secret == text.secret && parsed.role == role)
    }

    @Test("names its kind, role and id, and ends with secret and checksum")
    func form() throws {
        let parts = text.full.exposed.split(separator: "_")
        #expect(parts.map(String.init).prefix(3) == ["tn", "operator", text.id.description])
        #expect(parts[3].count == 39 && parts[3].hasPrefix(text.secret.exposed))
        #expect(text.secret.exposed.count == 32 && text.id.description.count == 12)
    }

    @Test("with any one character changed is refused")
    func flipped() {
        let characters = Array(text.full.exposed)
        for index in characters.indices {
            var altered = characters
            altered[index] = altered[index] == "0" ? "1" : "0"
            #expect(APIKeyText(parsing: String(altered)) == nil, "character \(index)")
        }
    }

    @Test("with two neighbours exchanged is refused")
    func exchanged() {
        let characters = Array(text.full.exposed)
        for index in characters.indices.dropLast() where characters[index] != characters[index + 1] {
            var altered = characters
            altered.swapAt(index, index + 1)
            #expect(APIKeyText(parsing: String(altered)) == nil, "character \(index)")
        }
    }

    @Test("in any other form is refused")
    func refused() {
        let full = text.full.exposed
        for text in [
            "", "tn_", full + "0", String(full.dropLast()), full.uppercased(), " " + full, full + "\n", "_" + full,
        ] {
            #expect(APIKeyText(parsing: text) == nil, "\(text.count) characters")
        }
    }

    @Test("never repeats")
    func fresh() {
        let randomness = Randomness.seeded(5)
        let texts = (0..<100).map { _ in APIKeyText(role: .viewer, randomness: randomness) }
        #expect(Set(texts.map(\.id)).count == 100 && Set(texts.map(\.secret)).count == 100)
    }

    @Test("has the checksum of zip and PNG")
    func checksum() {
        #expect(CRC32.checksum(Array("123456789".utf8)) == 0xcbf4_3926)
        #expect(CRC32.checksum([]) == 0)
    }
}

@Suite("Operator role")
struct OperatorRoleTests {
    @Test("includes those before it")
    func order() {
        #expect(OperatorRole.viewer < .operator && .operator < OperatorRole.admin)
    }
}

@Suite("Key issuer")
struct KeyIssuerTests {
    private let fixture: Fixture
    private let issuer: KeyIssuer

    init() throws {
        fixture = try Fixture()
        issuer = KeyIssuer(
            store: fixture.store.keys, clock: fixture.clock.wallClock, randomness: fixture.randomness)
    }

    @Test("makes keys that prove themselves until they are revoked")
    func life() async throws {
        let (key, text) = try await issuer.issue(name: "CI", role: .operator, by: .service)
        #expect(try await issuer.authenticate(text.exposed) == key)
        try await issuer.revoke(key.id.description, by: .service)
        #expect(try await issuer.authenticate(text.exposed) == nil)
        #expect(try await issuer.keys().map(\.revokedAt) == [fixture.clock.now])
    }

    @Test("does not believe a right checksum with another secret, or another role")
    func forged() async throws {
        let (key, text) = try await issuer.issue(name: "CI", role: .viewer, by: .service)
        let parsed = try #require(APIKeyText(parsing: text.exposed))
        let otherSecret = APIKeyText(
            id: key.id, secret: Secret(Base32.encode(Array(repeating: 1, count: 20))), role: .viewer)
        #expect(try await issuer.authenticate(otherSecret.full.exposed) == nil)
        let otherRole = APIKeyText(id: key.id, secret: parsed.secret, role: .admin)
        #expect(try await issuer.authenticate(otherRole.full.exposed)?.role != .admin)
    }

    @Test("refuses names that are empty or longer than 100 characters", arguments: [0, 101])
    func names(_ count: Int) async {
        let error = await #expect(throws: KeyError.self) {
            try await issuer.issue(name: String(repeating: "x", count: count), role: .viewer, by: .service)
        }
        #expect(error == .invalidName)
    }

    @Test("does not revoke what is not there", arguments: ["", "nonsense", "000000000000"])
    func unknown(_ id: String) async {
        let error = await #expect(throws: KeyError.self) { try await issuer.revoke(id, by: .service) }
        #expect(error?.problem.code == "not_found")
    }
}
