import Testing

@testable import Tenancy

@Suite("Token table")
struct TokenTableTests {
    private static let app = App.sample()

    private static func token(_ number: Int, mark: String = "x") throws -> AccessToken {
        let key = TokenKey(app, tenantID(number))
        return try TestToken(key, mark: mark).unverified().checked(for: key)
    }

    /// So few places that keys crowd, wrap around the end, and are moved when one between them goes.
    private static func crowded(_ key: TokenKey) -> Int { Int(key.tenant.guid.lastByte) % 3 &- 2 | .min }

    @Test("holds what a dictionary would, through growth and removal", arguments: [true, false])
    func likeDictionary(isCrowded: Bool) throws {
        let tokens = try (1...60).map { try Self.token($0) }
        let hash = isCrowded ? Self.crowded : TokenTable.hash
        var random = SeededGenerator(state: 16)
        var (table, twin) = (TokenTable(), [TokenKey: AccessToken]())
        for _ in 0..<5_000 {
            let token = tokens[Int.random(in: 0..<tokens.count, using: &random)]
            let key = token.key
            if Int.random(in: 0..<5, using: &random) < 3 {
                #expect(table.insert(token, for: key, hash: hash(key)) === twin.updateValue(token, forKey: key))
            } else {
                #expect(table.remove(key, hash: hash(key)) === twin.removeValue(forKey: key))
            }
            let other = tokens[Int.random(in: 0..<tokens.count, using: &random)].key
            #expect(table.token(other, hash: hash(other)) === twin[other] && table.count == twin.count)
        }
        for token in tokens { #expect(table.token(token.key, hash: hash(token.key)) === twin[token.key]) }
        #expect(table.tokens { _ in true }.count == twin.count)
    }

    @Test("tells keys apart whose hashes are the same")
    func collision() throws {
        let (one, other) = (try Self.token(1), try Self.token(2))
        var table = TokenTable()
        table.insert(one, for: one.key, hash: .min)
        #expect(table.token(other.key, hash: .min) == nil)
        table.insert(other, for: other.key, hash: .min)
        #expect(table.token(one.key, hash: .min) === one && table.token(other.key, hash: .min) === other)
    }
}
