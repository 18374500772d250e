import FoundationEssentials
import Synchronization

/// The tokens in memory, within a bound.
///
/// Two generations of entries: what is asked for is in the young one, or moves there. When the bound is reached, the old
/// generation is dropped and the young one becomes the old. What was not asked for since is gone then; a hit in the
/// young generation, which is nearly every hit, books nothing.
///
/// Split into shards by tenant, so that threads seldom meet at a lock and forgetting a tenant looks through one shard.
final class TokenCache: Sendable {
    private struct Generations {
        var young: [TokenKey: AccessToken] = [:]
        var old: [TokenKey: AccessToken] = [:]
        /// Estimates, in bytes.
        var youngBytes = 0
        var oldBytes = 0
        var hits = 0
        var evicted = 0
        /// Counts what was forgotten, so that a token fetched before is not put in after.
        var age = 0
    }

    private final class Shard: Sendable {
        let generations = Mutex(Generations())
    }

    private let shards: [Shard]
    private let mostBytes: Int
    private let bytes = Atomic(0)
    private let hand = Atomic(0)

    /// A power of two.
    private static let shardCount = 64
    /// Of an entry beside the token's text: key, claims, and the tables' empty places.
    private static let overhead = 700

    /// - Parameter mostBytes: an estimate of what all tokens together may take.
    init(mostBytes: Int) {
        self.mostBytes = mostBytes
        shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    /// A token fit to be served: the key's own, not the rejected one, living that many seconds more.
    func hit(_ key: TokenKey, living seconds: TimeInterval, at now: TimeInterval, except rejected: TokenDigest?)
        -> AccessToken?
    {
        shard(of: key.tenant).generations.withLock { generations in
            guard let token = Self.find(key, &generations), token.lives(seconds, at: now), token.belongs(to: key)
            else { return nil }
            if let rejected, token.digest == rejected { return nil }
            generations.hits += 1
            return token
        }
    }

    /// The token of that key, whatever its state.
    func token(_ key: TokenKey) -> AccessToken? {
        shard(of: key.tenant).generations.withLock { Self.find(key, &$0) }
    }

    /// To be taken before a token is fetched, and handed back with it.
    func age(of tenant: TenantID) -> Int { shard(of: tenant).generations.withLock(\.age) }

    /// Puts the token in unless something was forgotten in between.
    func put(_ token: AccessToken, for key: TokenKey, age: Int) {
        let size = token.value.exposed.utf8.count + Self.overhead
        let change = shard(of: key.tenant).generations.withLock { generations -> Int in
            guard generations.age == age else { return 0 }
            let former = Self.remove(key, &generations)
            generations.young[key] = token
            generations.youngBytes += size
            return size - former
        }
        bytes.add(change, ordering: .relaxed)
        evict()
    }

    /// Puts another one in the place of a token that is still there.
    func replace(_ old: AccessToken, by new: AccessToken, for key: TokenKey) {
        shard(of: key.tenant).generations.withLock { generations in
            if generations.young[key] === old { generations.young[key] = new }
        }
    }

    /// Drops every token of that tenant and app.
    func forget(_ tenant: TenantID, clientID: ClientID) {
        let freed = shard(of: tenant).generations.withLock { generations -> Int in
            generations.age += 1
            let keys = [generations.young.keys, generations.old.keys].joined()
                .filter { $0.tenant == tenant && $0.clientID == clientID }
            return keys.reduce(0) { $0 + Self.remove($1, &generations) }
        }
        bytes.subtract(freed, ordering: .relaxed)
    }

    /// How many tokens there are, their bytes, how many hits there were and how many tokens had to go.
    var counts: (tokens: Int, bytes: Int, hits: Int, evicted: Int) {
        shards.reduce(into: (0, 0, 0, 0)) { sum, shard in
            shard.generations.withLock { generations in
                sum.0 += generations.young.count + generations.old.count
                sum.1 += generations.youngBytes + generations.oldBytes
                sum.2 += generations.hits
                sum.3 += generations.evicted
            }
        }
    }

    private func shard(of tenant: TenantID) -> Shard { shards[Int(tenant.guid.lastByte) & (Self.shardCount - 1)] }

    private static func find(_ key: TokenKey, _ generations: inout Generations) -> AccessToken? {
        if let token = generations.young[key] { return token }
        guard !generations.old.isEmpty, let token = generations.old.removeValue(forKey: key) else { return nil }
        let size = token.value.exposed.utf8.count + overhead
        generations.oldBytes -= size
        generations.young[key] = token
        generations.youngBytes += size
        return token
    }

    /// - Returns: the bytes that this frees.
    private static func remove(_ key: TokenKey, _ generations: inout Generations) -> Int {
        if let token = generations.young.removeValue(forKey: key) {
            let size = token.value.exposed.utf8.count + overhead
            generations.youngBytes -= size
            return size
        }
        guard let token = generations.old.removeValue(forKey: key) else { return 0 }
        let size = token.value.exposed.utf8.count + overhead
        generations.oldBytes -= size
        return size
    }

    /// Ages shards in turn until the bound is kept. Two rounds empty every shard, so it ends.
    private func evict() {
        var turns = 2 * Self.shardCount
        while bytes.load(ordering: .relaxed) > mostBytes, turns > 0 {
            turns -= 1
            let place = hand.add(1, ordering: .relaxed).oldValue & (Self.shardCount - 1)
            // Handed out, so that the memory is given back outside of the lock.
            let (dropped, freed) = shards[place].generations.withLock { generations in
                let dropped = generations.old
                let freed = generations.oldBytes
                generations.evicted += dropped.count
                generations.old = generations.young
                generations.oldBytes = generations.youngBytes
                generations.young = [:]
                generations.youngBytes = 0
                return (dropped, freed)
            }
            bytes.subtract(freed, ordering: .relaxed)
            withExtendedLifetime(dropped) {}
        }
    }
}
