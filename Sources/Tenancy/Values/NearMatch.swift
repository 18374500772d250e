/// Finds what somebody may have meant.
package enum NearMatch {
    /// Up to three of the names that are closest to the text, the closest first; those that differ in more than a third
    /// of it are left out, unless one begins with the other.
    package static func of(_ text: String, in names: some Sequence<String>) -> [String] {
        let wanted = Array(text.lowercased().utf8)
        let limit = max(2, wanted.count / 3)
        return names.compactMap { name -> (name: String, distance: Int)? in
            let candidate = Array(name.lowercased().utf8)
            let distance = distance(wanted, candidate)
            if distance <= limit { return (name, distance) }
            let isPart = candidate.starts(with: wanted) || (candidate.count > 4 && wanted.starts(with: candidate))
            return !wanted.isEmpty && isPart ? (name, limit + 1) : nil
        }
        .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
        .prefix(3).map(\.name)
    }

    /// The edit distance of Levenshtein.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let above = row[column + 1]
                row[column + 1] = min(above + 1, row[column] + 1, diagonal + (byte == other ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
