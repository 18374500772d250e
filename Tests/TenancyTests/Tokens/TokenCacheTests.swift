import Foundation
import TestSupport
import Testing

@testable import Tenancy

@Suite("Token cache")
struct TokenCacheTests {
    private let app = App.sample()

    private func token(_ key: TokenKey, mark: String = "x") throws -> AccessToken {
        try TestToken(key, mark: mark).unverified().checked(for: key)
    }

    private func put(_ cache: TokenCache, _ keys: some Sequence<TokenKey>) throws {
        for key in keys { cache.put(try token(key), for: key, age: cache.age(of: key.tenant)) }
    }

    private var now: TimeInterval { ManualClock.start.timeIntervalSinceReferenceDate }

    @Test("keeps within its bound, and what is asked for stays")
    func bound() throws {
        let size = TokenCache.size(of: try token(TokenKey(app, tenantID(1))))
        let cache = TokenCache(mostBytes: size * 1_000)
        let favourites = (1...100).map { TokenKey(app, tenantID($0)) }
        try put(cache, favourites)
        for number in 1_000..<20_000 {
            try put(cache, [TokenKey(app, tenantID(number))])
            if number % 10 == 0 {
                for key in favourites {
                    #expect(cache.hit(key, living: 0, at: now, except: nil) != nil, "\(key.tenant) at \(number)")
                }
            }
        }
        let counts = cache.counts
        #expect(counts.tokens <= 1_000 && counts.bytes <= size * 1_000 && counts.tokens >= 400)
        #expect(counts.evicted == 19_100 - counts.tokens)
    }

    @Test("forgets everything of one tenant and app, and nothing else")
    func forget() throws {
        let cache = TokenCache(mostBytes: 1 << 30)
        let resources = (1...50).map { resource("api://api-\($0)") }
        // 1 and 65 share a shard.
        let keys = [1, 65].flatMap { number in resources.map { TokenKey(app, tenantID(number), $0) } }
        let other = TokenKey(App.sample("other", number: 2), tenantID(1))
        try put(cache, keys + [other])
        cache.forget(tenantID(1), clientID: app.clientID)
        for key in keys { #expect((cache.token(key) == nil) == (key.tenant == tenantID(1))) }
        #expect(cache.token(other) != nil && cache.counts.tokens == 51)
    }

    @Test("takes nothing in that was fetched before something was forgotten")
    func age() throws {
        let cache = TokenCache(mostBytes: 1 << 30)
        let key = TokenKey(app, tenantID(1))
        let age = cache.age(of: key.tenant)
        cache.forget(key.tenant, clientID: key.clientID)
        cache.put(try token(key), for: key, age: age)
        #expect(cache.token(key) == nil && cache.counts.bytes == 0)
    }

    @Test("replaces only the token that is still there")
    func replace() throws {
        let cache = TokenCache(mostBytes: 1 << 30)
        let key = TokenKey(app, tenantID(1))
        let (first, second) = (try token(key, mark: "1"), try token(key, mark: "2"))
        cache.replace(first, by: second, for: key)
        #expect(cache.token(key) == nil)
        try put(cache, [key])
        cache.replace(first, by: second, for: key)
        #expect(cache.token(key)?.digest != second.digest)
    }

    @Test("has no hit for another's token, the rejected one or one that ends too soon")
    func misses() throws {
        let cache = TokenCache(mostBytes: 1 << 30)
        let (key, other) = (TokenKey(app, tenantID(1)), TokenKey(app, tenantID(2)))
        let mine = try token(key)
        cache.put(mine, for: key, age: 0)
        // What a fault in this very cache would look like.
        cache.put(mine, for: other, age: 0)
        #expect(cache.hit(key, living: 300, at: now, except: nil) === mine)
        #expect(cache.hit(other, living: 300, at: now, except: nil) == nil)
        #expect(cache.hit(key, living: 300, at: now, except: mine.digest) == nil)
        #expect(cache.hit(key, living: 300, at: now + 3_300, except: nil) == nil)
        #expect(cache.hit(key, living: 0, at: now + 3_600, except: nil) == nil)
    }
}
