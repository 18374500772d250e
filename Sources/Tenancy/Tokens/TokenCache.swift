import FoundationEssentials
import Synchronization

/// The tokens in memory, within a bound.
///
/// Two generations of entries: what is asked for is in the young one, or moves there. As the young generation grows, one
/// shard after the other ages: its old entries, which nobody has asked for since it last did, are dropped and its young
/// ones become old. A hit in the young generation, which is nearly every hit, books nothing.
///
/// Split into shards by tenant, so that threads seldom meet at a lock and forgetting a tenant looks through one shard.
final class TokenCache: Sendable {
    private struct Shard {
        var young = TokenTable()
        var old = TokenTable()
        /// Estimates, in bytes.
        var youngBytes = 0
        var oldBytes = 0
        var hits = 0
        var evicted = 0
        /// Counts what was forgotten, so that a token fetched before is not put in after.
        var age = 0
    }

    private final class LockedShard: Sendable {
        let content = Mutex(Shard())
    }

    private let shards: [LockedShard]
    private let mostBytes: Int
    /// Of all shards.
    private let youngBytes = Atomic(0)
    private let bytes = Atomic(0)
    private let hand = Atomic(0)

    /// A power of two.
    private static let shardCount = 64
    /// Of an entry beside the token's text: key, claims, and the table's empty places. Measured with a million.
    private static let overhead = 1_650

    /// - Parameter mostBytes: an estimate of what all tokens together may take.
    init(mostBytes: Int) {
        self.mostBytes = mostBytes
        shards = (0..<Self.shardCount).map { _ in LockedShard() }
    }

    /// A token fit to be served: the key's own, not the rejected one, living that many seconds more.
    func hit(_ key: TokenKey, living seconds: TimeInterval, at now: TimeInterval, except rejected: TokenDigest?)
        -> AccessToken?
    {
        let hash = TokenTable.hash(key)
        return shard(of: key.tenant).content.withLock { shard in
            guard let token = find(key, hash, &shard), token.lives(seconds, at: now) else { return nil }
            if let rejected, token.digest == rejected { return nil }
            shard.hits += 1
            return token
        }
    }

    /// The token of that key, whatever its state.
    func token(_ key: TokenKey) -> AccessToken? {
        shard(of: key.tenant).content.withLock { find(key, TokenTable.hash(key), &$0) }
    }

    /// To be taken before a token is fetched, and handed back with it.
    func age(of tenant: TenantID) -> Int { shard(of: tenant).content.withLock(\.age) }

    /// Puts the token in unless something was forgotten in between.
    func put(_ token: AccessToken, for key: TokenKey, age: Int) {
        shard(of: key.tenant).content.withLock { shard in
            guard shard.age == age else { return }
            let hash = TokenTable.hash(key)
            remove(key, hash, &shard)
            shard.young.insert(token, for: key, hash: hash)
            book(young: Self.size(of: token), &shard)
        }
        keepBound()
    }

    /// Puts another one in the place of a token that is still there.
    func replace(_ old: AccessToken, by new: AccessToken, for key: TokenKey) {
        shard(of: key.tenant).content.withLock { shard in
            let hash = TokenTable.hash(key)
            if shard.young.token(key, hash: hash) === old { shard.young.insert(new, for: key, hash: hash) }
        }
    }

    /// Drops every token of that tenant and app.
    func forget(_ tenant: TenantID, clientID: ClientID) {
        shard(of: tenant).content.withLock { shard in
            forget(&shard) { $0.tenant == tenant && $0.clientID == clientID }
        }
    }

    /// Drops every token of that app.
    func forget(_ clientID: ClientID) {
        for shard in shards { shard.content.withLock { forget(&$0) { $0.clientID == clientID } } }
    }

    /// How many tokens there are, their bytes, how many hits there were and how many tokens had to go.
    var counts: (tokens: Int, bytes: Int, hits: Int, evicted: Int) {
        shards.reduce(into: (0, 0, 0, 0)) { sum, shard in
            shard.content.withLock { shard in
                sum.0 += shard.young.count + shard.old.count
                sum.1 += shard.youngBytes + shard.oldBytes
                sum.2 += shard.hits
                sum.3 += shard.evicted
            }
        }
    }

    // MARK: Under a shard's lock

    private func find(_ key: TokenKey, _ hash: Int, _ shard: inout Shard) -> AccessToken? {
        if let token = shard.young.token(key, hash: hash) { return token }
        guard shard.old.count > 0, let token = shard.old.remove(key, hash: hash) else { return nil }
        shard.young.insert(token, for: key, hash: hash)
        book(young: Self.size(of: token), old: -Self.size(of: token), &shard)
        return token
    }

    private func remove(_ key: TokenKey, _ hash: Int, _ shard: inout Shard) {
        if let token = shard.young.remove(key, hash: hash) {
            book(young: -Self.size(of: token), &shard)
        } else if let token = shard.old.remove(key, hash: hash) {
            book(old: -Self.size(of: token), &shard)
        }
    }

    private func forget(_ shard: inout Shard, _ isMeant: (TokenKey) -> Bool) {
        shard.age += 1
        for token in shard.young.tokens(where: isMeant) + shard.old.tokens(where: isMeant) {
            remove(token.key, TokenTable.hash(token.key), &shard)
        }
    }

    private func book(young: Int = 0, old: Int = 0, _ shard: inout Shard) {
        shard.youngBytes += young
        shard.oldBytes += old
        youngBytes.add(young, ordering: .relaxed)
        bytes.add(young + old, ordering: .relaxed)
    }

    /// An estimate, in bytes.
    static func size(of token: AccessToken) -> Int { token.value.exposed.utf8.count + overhead }

    private func shard(of tenant: TenantID) -> LockedShard {
        shards[Int(tenant.guid.lastByte) & (Self.shardCount - 1)]
    }

    // MARK: Ageing

    /// Ages shards in turn while there are too many young entries: a third, for between two of its turns a shard fills
    /// up, so that on average half as many are young as are old. Two rounds empty every shard, so it ends.
    private func keepBound() {
        var turns = 2 * Self.shardCount
        while turns > 0,
            youngBytes.load(ordering: .relaxed) > mostBytes / 3 || bytes.load(ordering: .relaxed) > mostBytes
        {
            turns -= 1
            let place = hand.add(1, ordering: .relaxed).oldValue & (Self.shardCount - 1)
            // Handed out, so that the memory is given back outside of the lock.
            let dropped = shards[place].content.withLock { shard in
                let dropped = shard.old
                shard.evicted += dropped.count
                shard.old = shard.young
                shard.young = TokenTable()
                book(young: -shard.youngBytes, old: shard.youngBytes - shard.oldBytes, &shard)
                return dropped
            }
            withExtendedLifetime(dropped) {}
        }
    }
}
