import Tenancy

/// What was put and dropped and is not on disk yet: a layer that waits, over one that is being written, over the disk.
///
/// A drop is not carried out here but remembered with its place in the order of things, so that it costs the same
/// whatever waits.
struct TokenBacklog {
    struct Entry: Sendable {
        let token: StoredToken
        let epoch: Int
        fileprivate let number: Int
    }

    /// Whose tokens are dropped.
    enum Scope: Hashable, Sendable {
        case tenant(TenantID, ClientID)
        case app(ClientID)
    }

    /// What is known of a key without a look at the disk.
    enum Finding {
        case entry(Entry)
        case dropped
    }

    /// Puts and drops that are written together: the drops first, then the puts that came after them.
    struct Layer: Sendable {
        fileprivate var entries: [TokenKey: Entry] = [:]
        /// Keys in the order they came, from `first`; some of them may be void by now.
        fileprivate var order: [TokenKey] = []
        fileprivate var first = 0
        fileprivate var dropNumbers: [Scope: Int] = [:]

        var drops: some Collection<Scope> { dropNumbers.keys }

        var isEmpty: Bool { entries.isEmpty && dropNumbers.isEmpty }

        /// What is to be written, the oldest first.
        func puts() -> [(key: TokenKey, entry: Entry)] {
            order[first...].compactMap { key in
                guard case .entry(let entry)? = find(key) else { return nil }
                return (key, entry)
            }
        }

        fileprivate func find(_ key: TokenKey) -> Finding? {
            let dropped = dropNumbers.isEmpty ? nil : lastDrop(of: key)
            if let entry = entries[key], entry.number > dropped ?? 0 { return .entry(entry) }
            return dropped == nil ? nil : .dropped
        }

        private func lastDrop(of key: TokenKey) -> Int? {
            let numbers = [Scope.tenant(key.tenant, key.clientID), .app(key.clientID)]
                .compactMap { dropNumbers[$0] }
            return numbers.max()
        }
    }

    private var waiting = Layer()
    private var writing: Layer?
    private var lastNumber = 0
    private let most: Int

    /// - Parameter most: how many puts may wait.
    init(most: Int) { self.most = most }

    /// How many tokens wait or are being written.
    var count: Int { waiting.entries.count + (writing?.entries.count ?? 0) }

    /// Whether a layer is being written.
    var isWriting: Bool { writing != nil }

    func find(_ key: TokenKey) -> Finding? { waiting.find(key) ?? writing?.find(key) }

    /// - Returns: how many had to go for it, the oldest.
    mutating func put(_ token: StoredToken, for key: TokenKey, epoch: Int) -> Int {
        lastNumber += 1
        let former = waiting.entries.updateValue(Entry(token: token, epoch: epoch, number: lastNumber), forKey: key)
        if former != nil { return 0 }
        waiting.order.append(key)
        guard waiting.order.count - waiting.first > most else { return 0 }
        let oldest = waiting.order[waiting.first]
        waiting.first += 1
        if waiting.first > most {
            waiting.order.removeFirst(waiting.first)
            waiting.first = 0
        }
        return waiting.entries.removeValue(forKey: oldest) == nil ? 0 : 1
    }

    mutating func drop(_ scope: Scope) {
        lastNumber += 1
        waiting.dropNumbers[scope] = lastNumber
    }

    /// Takes everything that waits to write it; `nil` when there is nothing. Ends with ``written()`` or ``failed()``.
    mutating func take() -> Layer? {
        guard writing == nil, !waiting.isEmpty else { return nil }
        defer { waiting = Layer() }
        writing = waiting
        return waiting
    }

    mutating func written() { writing = nil }

    /// Gives up the puts that were being written. Drops are not given up: they wait again.
    mutating func failed() {
        guard let failed = writing else { return }
        waiting.dropNumbers.merge(failed.dropNumbers) { newer, _ in newer }
        writing = nil
    }
}
