/// Labels on a tenant, `key=value`, such as `ring=canary`. Keys and values are 1 to 63 characters of
/// `a-z A-Z 0-9 . _ -`; at most 32 of them.
package struct Tags: Sendable, Equatable {
    package let values: [String: String]

    package static let none = Tags(values: [:])

    private init(values: [String: String]) {
        self.values = values
    }

    /// `nil` when a key or value breaks the rules.
    package init?(_ values: [String: String]) {
        guard values.count <= 32, values.allSatisfy({ Self.isWord($0.key) && Self.isWord($0.value) }) else {
            return nil
        }
        self.init(values: values)
    }

    /// Reads `ring=canary plan=gold`, pairs separated by spaces or commas. `nil` when a pair is malformed or repeated.
    package init?(parsing text: String) {
        var values: [String: String] = [:]
        for pair in text.split(whereSeparator: { $0 == " " || $0 == "," }) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, values.updateValue(String(parts[1]), forKey: String(parts[0])) == nil else {
                return nil
            }
        }
        self.init(values)
    }

    /// `key=value` pairs by key, separated by spaces.
    package var text: String {
        values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }

    /// These tags with some set and some taken away; `nil` when that makes too many, or a word breaks the rules.
    package func setting(_ set: [String: String], removing removed: Set<String>) -> Tags? {
        Tags(values.filter { !removed.contains($0.key) }.merging(set) { $1 })
    }

    /// Whether the text can be a key or a value.
    package static func isWord(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
                default: false
                }
            }
    }
}
