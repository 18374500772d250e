/// Named values of a query or of an `application/x-www-form-urlencoded` body, in order.
struct FormFields: Sendable {
    private(set) var fields: [(name: String, value: String)] = []
    /// Whether some pair could not be decoded; such a pair is left out.
    private(set) var isMalformed = false

    init() {}

    init(_ fields: [(name: String, value: String)]) {
        self.fields = fields
    }

    /// Decodes the raw text of a query or a form body.
    init(decoding text: some StringProtocol) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Percent.decode(parts[0], plusIsSpace: true),
                let value = Percent.decode(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
            else {
                isMalformed = true
                continue
            }
            fields.append((name, value))
        }
    }

    /// The first value of that name, `nil` when absent or empty: the original treats an empty parameter as missing.
    subscript(name: String) -> String? {
        guard let value = fields.first(where: { $0.name == name })?.value, !value.isEmpty else { return nil }
        return value
    }

    /// These fields as a query, encoded as the original does.
    var query: String {
        fields.map { "\($0.name)=\(Percent.encode($0.value))" }.joined(separator: "&")
    }
}
