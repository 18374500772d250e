/// Tokens by their keys: a hash table with open addressing.
///
/// Among a million tokens a look-up costs what it fetches from distant memory. So a place holds a hash and a reference
/// and nothing else, and the key stands in the token; a Dictionary's keys and values would be two fetches more.
struct TokenTable {
    private struct Place {
        /// Zero where nothing is.
        var hash = 0
        var token: AccessToken?
    }

    /// A power of two, a quarter of them free at least.
    private var places: [Place] = []
    private(set) var count = 0

    private static let fewest = 8

    /// The key's hash as the table takes it: never zero.
    static func hash(_ key: TokenKey) -> Int { key.hashValue | .min }

    func token(_ key: TokenKey, hash: Int) -> AccessToken? {
        place(of: key, hash).flatMap { places[$0].token }
    }

    /// - Returns: the token that was in its place.
    @discardableResult
    mutating func insert(_ token: AccessToken, for key: TokenKey, hash: Int) -> AccessToken? {
        if let place = place(of: key, hash) {
            defer { places[place].token = token }
            return places[place].token
        }
        if 4 * (count + 1) > 3 * places.count { grow() }
        places[free(for: hash)] = Place(hash: hash, token: token)
        count += 1
        return nil
    }

    @discardableResult
    mutating func remove(_ key: TokenKey, hash: Int) -> AccessToken? {
        guard var hole = place(of: key, hash) else { return nil }
        let token = places[hole].token
        // Those behind it move up, each no further than to where it belongs, so that every search still ends at them.
        var next = following(hole)
        while places[next].hash != 0 {
            if distance(from: places[next].hash, to: next) >= distance(from: hole, to: next) {
                places[hole] = places[next]
                hole = next
            }
            next = following(next)
        }
        places[hole] = Place()
        count -= 1
        return token
    }

    /// In no order.
    func tokens(where isMeant: (TokenKey) -> Bool) -> [AccessToken] {
        places.compactMap { $0.token.flatMap { isMeant($0.key) ? $0 : nil } }
    }

    // MARK: Places

    private var mask: Int { places.count - 1 }

    private func following(_ place: Int) -> Int { (place + 1) & mask }

    private func distance(from start: Int, to place: Int) -> Int { (place &- start) & mask }

    private func place(of key: TokenKey, _ hash: Int) -> Int? {
        guard !places.isEmpty else { return nil }
        var place = hash & mask
        // A token whose hash is another is not even touched.
        while places[place].hash != 0 {
            if places[place].hash == hash, let token = places[place].token, token.belongs(to: key) { return place }
            place = following(place)
        }
        return nil
    }

    private func free(for hash: Int) -> Int {
        var place = hash & mask
        while places[place].hash != 0 { place = following(place) }
        return place
    }

    private mutating func grow() {
        let former = places
        places = Array(repeating: Place(), count: max(Self.fewest, 2 * former.count))
        for place in former where place.hash != 0 { places[free(for: place.hash)] = place }
    }
}
