import Synchronization

/// The API keys that have proven themselves since the last one was ended, so that the hot path needs no database.
///
/// Found by the public half of the text, then compared as a whole in constant time. All keys are ended through this
/// process, which alone has the data directory, so nothing here can be out of date.
final class ProvenKeys: Sendable {
    private struct State {
        var keys: [String: (text: Secret<String>, key: APIKey)] = [:]
        /// Counts what was forgotten, so that a key looked up before is not remembered after.
        var age = 0
    }

    private let state = Mutex(State())
    /// Who has more keys than that in use proves some of them again.
    private static let most = 10_000

    /// The key that this very text has proven.
    func key(_ text: String) -> APIKey? {
        guard let id = Self.id(in: text), let entry = state.withLock({ $0.keys[id] }),
            Self.isSame(text, entry.text.exposed)
        else { return nil }
        return entry.key
    }

    var age: Int { state.withLock(\.age) }

    /// - Parameter age: of before the key was looked up.
    func remember(_ key: APIKey, _ text: String, age: Int) {
        guard let id = Self.id(in: text) else { return }
        state.withLock { state in
            guard state.age == age else { return }
            if state.keys.count >= Self.most { state.keys = [:] }
            state.keys[id] = (Secret(text), key)
        }
    }

    /// Forgets all of them: keys are seldom ended.
    func forget() {
        state.withLock { state in
            state.keys = [:]
            state.age += 1
        }
    }

    /// The 12 characters before the last underscore, see ``APIKeyText``.
    private static func id(in text: String) -> String? {
        text.utf8.count > 52 ? String(Substring(text.utf8.dropLast(40).suffix(12))) : nil
    }

    /// In a time that depends on the length only.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for place in left.indices { difference |= left[place] ^ right[place] }
        return difference == 0
    }
}
