import Crypto
import FoundationEssentials

/// An identifier of the directory, always in lower case.
struct GUID: Hashable, Sendable {
    let text: String

    static let zero = GUID(constant: "00000000-0000-0000-0000-000000000000")

    /// Reads the 8-4-4-4-12 form; `nil` for anything else.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count == 36, let uuid = UUID(uuidString: String(text)) else { return nil }
        self.text = uuid.uuidString.lowercased()
    }

    /// A literal of this program, already in the normal form.
    init(constant text: StaticString) {
        self.text = text.description
    }

    init(_ uuid: UUID) {
        self.text = uuid.uuidString.lowercased()
    }

    /// The identifier that always belongs to these names, so that a scenario's objects keep theirs over restarts.
    init(naming parts: String...) {
        self.init(bytes: Array(SHA256.hash(data: Array(parts.joined(separator: "\u{0}").utf8)).prefix(16)))
    }

    private init(bytes: [UInt8]) {
        let hex = Base64Text.hex(bytes).lowercased()
        var text = ""
        for (index, digit) in hex.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        self.text = text
    }
}
