/// Holds so many values at most: when the newer half is full, the older half goes.
struct BoundedCache<Key: Hashable, Value> {
    private var newer: [Key: Value] = [:]
    private var older: [Key: Value] = [:]
    private let half: Int

    init(capacity: Int) {
        half = max(1, capacity / 2)
    }

    subscript(key: Key) -> Value? { newer[key] ?? older[key] }

    /// Takes the value in as the newest, in the place of an earlier one of that key.
    mutating func put(_ value: Value, for key: Key) {
        if newer.count >= half, newer[key] == nil {
            older = newer
            newer = [:]
        }
        newer[key] = value
    }
}
