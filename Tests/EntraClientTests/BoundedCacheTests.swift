import Testing

@testable import EntraClient

@Suite("Bounded cache")
struct BoundedCacheTests {
    @Test("holds the newer half of its capacity for certain, and never more than its capacity")
    func bound() {
        var cache = BoundedCache<Int, Int>(capacity: 10)
        for key in 0..<1_000 {
            cache.put(-key, for: key)
            for recent in max(0, key - 4)...key { #expect(cache[recent] == -recent) }
            let held = (0...key).count { cache[$0] != nil }
            #expect(held <= 10)
        }
        #expect(cache[0] == nil)
    }

    @Test("gives the latest value of a key, and makes no room for it")
    func replacing() {
        var cache = BoundedCache<Int, Int>(capacity: 2)
        cache.put(0, for: 0)
        for value in 1...100 { cache.put(value, for: 1) }
        #expect(cache[1] == 100 && cache[0] == 0)
    }
}
