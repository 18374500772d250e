/// Joins fields so that no two lists of fields give the same bytes: each is preceded by its length.
///
/// Plain concatenation would let "ab" + "c" pass for "a" + "bc", and one row's seal for another's.
enum BoundData {
    static func encode(texts fields: [String]) -> [UInt8] {
        encode(fields.map { Array($0.utf8) })
    }

    static func encode(_ fields: [[UInt8]]) -> [UInt8] {
        fields.reduce(into: []) { bytes, field in
            let count = UInt64(field.count)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * UInt64($0))) }
            bytes += field
        }
    }
}
