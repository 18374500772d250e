/// How one callback differs from the plain one: parameters nobody documented, in any order.
struct CallbackVariation {
    private let generator: SeededGenerator

    init(_ generator: SeededGenerator) {
        self.generator = generator
    }

    private static let strangers: [(name: String, value: String)] = [
        ("session_state", "6f1d3c1a-0b5e-4a77-9d0c-5f1f6f5d2a10"), ("sso_reload", "true"),
        ("client_info", "eyJ1aWQiOiIifQ"),
        ("x_ms_trace", "a/b+c=d e"), ("mkt", "de-DE"),
    ]

    /// The fields in another order and wording, with strangers among them. None of the given ones is left out, or
    /// comes twice.
    func varied(_ fields: [(name: String, value: String)]) -> [(name: String, value: String)] {
        var generator = generator
        var result = fields.map { field in
            field.name == "error_description"
                ? (field.name, ErrorWording.varied(field.value, using: &generator)) : field
        }
        for stranger in Self.strangers
        where generator.isOne(in: 4) && !fields.contains(where: { $0.name == stranger.name }) {
            result.append(stranger)
        }
        return result.shuffled(using: &generator)
    }
}
