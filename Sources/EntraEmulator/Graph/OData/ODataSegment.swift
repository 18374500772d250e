/// One segment of a path, with the key it may carry: `applications`, `applications('…')` or `applications(appId='…')`.
struct ODataSegment {
    let name: String
    let key: (name: String, value: String)?

    /// `nil` when the brackets are not as they should be.
    init?(_ segment: String) {
        guard let open = segment.firstIndex(of: "(") else {
            name = segment
            key = nil
            return
        }
        let inside = segment[segment.index(after: open)...]
        guard inside.hasSuffix("')") else { return nil }
        name = String(segment[..<open])
        if inside.hasPrefix("'") {
            key = ("id", String(inside.dropFirst().dropLast(2)))
            return
        }
        guard let equals = inside.firstRange(of: "='") else { return nil }
        let value = inside[equals.upperBound...].dropLast(2).replacing("''", with: "'")
        key = (inside[..<equals.lowerBound].filter { $0 != " " }, String(value))
    }
}
