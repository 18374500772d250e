import FoundationEssentials

/// When each replica of the token endpoint hears of a change.
struct Spread: Sendable {
    /// How many replicas answer token requests, in turn.
    static let replicas = 3
    /// A new secret was seen to be refused for 4 to 18 seconds, and to be refused again after it had worked once.
    private static let delaysSeconds: [Double] = [4, 11, 18]

    /// Empty for a change that was there before anybody asked.
    private let instants: [Date]

    /// Known everywhere from the beginning.
    static let everywhere = Spread(instants: [])

    private init(instants: [Date]) {
        self.instants = instants
    }

    /// - Parameter scale: 1 takes as long as the original, 0 no time.
    init(from now: Date, scale: Double) {
        instants = Self.delaysSeconds.map { now.addingTimeInterval($0 * scale) }
    }

    func hasReached(_ replica: Int, at now: Date) -> Bool {
        instants.isEmpty || instants[replica % instants.count] <= now
    }
}

/// A credential on its way to the replicas of the token endpoint, or away from them.
struct Published<Value: Sendable>: Sendable {
    let value: Value
    private let appears: Spread
    /// `nil` as long as it is registered.
    private var vanishes: Spread?

    init(_ value: Value, appears: Spread = .everywhere) {
        self.value = value
        self.appears = appears
    }

    /// What the directory says, whichever replica knows it by now.
    var isRegistered: Bool { vanishes == nil }

    func isKnown(to replica: Int, at now: Date) -> Bool {
        appears.hasReached(replica, at: now) && !(vanishes?.hasReached(replica, at: now) ?? false)
    }

    mutating func remove(_ spread: Spread) {
        if vanishes == nil { vanishes = spread }
    }
}

extension Array {
    /// The values the directory holds.
    func registered<Value>() -> [Value] where Element == Published<Value> {
        filter(\.isRegistered).map(\.value)
    }

    /// The values one replica of the token endpoint goes by.
    func known<Value>(to replica: Int, at now: Date) -> [Value] where Element == Published<Value> {
        filter { $0.isKnown(to: replica, at: now) }.map(\.value)
    }

    /// Takes back those that fit.
    ///
    /// - Returns: whether there was one.
    mutating func remove<Value>(
        _ spread: Spread, where fits: (Value) -> Bool
    ) -> Bool where Element == Published<Value> {
        var isFound = false
        for index in indices where self[index].isRegistered && fits(self[index].value) {
            self[index].remove(spread)
            isFound = true
        }
        return isFound
    }
}
