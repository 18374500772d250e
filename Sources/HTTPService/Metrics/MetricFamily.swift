/// One quantity that is measured, with its samples.
struct MetricFamily: Sendable, Equatable {
    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    struct Sample: Sendable, Equatable {
        /// What follows the family's name: `_bucket`, `_sum` and `_count` of a histogram.
        var suffix = ""
        var labels: [Label] = []
        let value: Double
    }

    struct Label: Sendable, Equatable {
        let name: String
        let value: String
    }

    let name: String
    let kind: Kind
    /// What it measures, in one sentence.
    let help: String
    let samples: [Sample]

    init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    static func counter(_ name: String, _ help: String, _ value: Int) -> MetricFamily {
        MetricFamily(name, .counter, help, [Sample(value: Double(value))])
    }

    static func gauge(_ name: String, _ help: String, _ value: Int) -> MetricFamily {
        MetricFamily(name, .gauge, help, [Sample(value: Double(value))])
    }

    /// A counter with a sample for each of these values of a label.
    static func counter(_ name: String, _ help: String, by label: String, _ values: [(String, Int)]) -> MetricFamily {
        MetricFamily(
            name, .counter, help,
            values.map { Sample(labels: [Label(name: label, value: $0.0)], value: Double($0.1)) })
    }

    /// - Parameters:
    ///   - bounds: the upper bounds of the buckets, rising.
    ///   - counts: of each bucket alone, and of what is beyond the last bound.
    static func histogram(
        _ name: String, _ help: String, bounds: [Double], counts: [Int], sum: Double
    ) -> MetricFamily {
        var total = 0
        let ends = bounds.map { MetricText.number($0) } + ["+Inf"]
        let buckets = zip(ends, counts).map { end, count in
            total += count
            return Sample(suffix: "_bucket", labels: [Label(name: "le", value: end)], value: Double(total))
        }
        return MetricFamily(
            name, .histogram, help,
            buckets + [Sample(suffix: "_sum", value: sum), Sample(suffix: "_count", value: Double(total))])
    }
}
