/// Prometheus' text exposition format, version 0.0.4.
///
/// Source: prometheus.io/docs/instrumenting/exposition_formats.
enum MetricText {
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    static func text(_ families: [MetricFamily]) -> String {
        families.map { family in
            let head = [
                "# HELP \(family.name) \(escaped(family.help))", "# TYPE \(family.name) \(family.kind.rawValue)",
            ]
            return (head + family.samples.map { line($0, of: family) }).map { $0 + "\n" }.joined()
        }.joined()
    }

    /// Whole numbers without a point.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int(exactly: value).map(String.init) ?? "\(value)"
    }

    private static func line(_ sample: MetricFamily.Sample, of family: MetricFamily) -> String {
        let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
        let braces = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
        return "\(family.name)\(sample.suffix)\(braces) \(number(sample.value))"
    }

    /// A help text keeps its quotation marks; a label's value does not.
    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
