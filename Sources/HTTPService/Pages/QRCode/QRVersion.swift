/// One size of code at error correction level M, and how a text is turned into its codewords.
struct QRVersion: Sendable {
    let number: Int
    /// Codewords in all, of data and of correction (ISO/IEC 18004 table 1).
    let total: Int
    /// Blocks that are corrected apart from each other (table 9).
    let blocks: Int
    /// Codewords of correction in each block (table 9).
    let correction: Int
    /// Rows and columns in which alignment patterns have their centres (annex E).
    let alignment: [Int]

    /// Modules on each side.
    var size: Int { 17 + 4 * number }

    var dataCodewords: Int { total - blocks * correction }

    /// How many bits the number of bytes takes (table 3).
    private var countBits: Int { number < 10 ? 8 : 16 }

    /// How many bytes fit after the mode and their number.
    var capacity: Int { (dataCodewords * 8 - 4 - countBits) / 8 }

    static func smallest(holding bytes: Int) -> QRVersion? { all.first { bytes <= $0.capacity } }

    static let all = [
        QRVersion(number: 1, total: 26, blocks: 1, correction: 10, alignment: []),
        QRVersion(number: 2, total: 44, blocks: 1, correction: 16, alignment: [6, 18]),
        QRVersion(number: 3, total: 70, blocks: 1, correction: 26, alignment: [6, 22]),
        QRVersion(number: 4, total: 100, blocks: 2, correction: 18, alignment: [6, 26]),
        QRVersion(number: 5, total: 134, blocks: 2, correction: 24, alignment: [6, 30]),
        QRVersion(number: 6, total: 172, blocks: 4, correction: 16, alignment: [6, 34]),
        QRVersion(number: 7, total: 196, blocks: 4, correction: 18, alignment: [6, 22, 38]),
        QRVersion(number: 8, total: 242, blocks: 4, correction: 22, alignment: [6, 24, 42]),
        QRVersion(number: 9, total: 292, blocks: 5, correction: 22, alignment: [6, 26, 46]),
        QRVersion(number: 10, total: 346, blocks: 5, correction: 26, alignment: [6, 28, 50]),
    ]

    /// Data and correction, interleaved as they are laid out (section 7.6). The bytes must fit.
    func codewords(of bytes: [UInt8]) -> [UInt8] {
        let data = dataCodewords(of: bytes)
        let short = dataCodewords / blocks
        let longBlocks = dataCodewords % blocks
        var parts: [ArraySlice<UInt8>] = []
        var start = 0
        for block in 0..<blocks {
            let length = short + (block < blocks - longBlocks ? 0 : 1)
            parts.append(data[start..<(start + length)])
            start += length
        }
        let corrections = parts.map { ReedSolomon.remainder(of: $0, count: correction) }
        var result: [UInt8] = []
        for index in 0...short {
            for part in parts where index < part.count { result.append(part[part.startIndex + index]) }
        }
        for index in 0..<correction { result += corrections.map { $0[index] } }
        return result
    }

    /// Mode, number, bytes, an end and filling (section 7.4).
    private func dataCodewords(of bytes: [UInt8]) -> [UInt8] {
        var bits: [Bool] = []
        func append(_ value: Int, _ count: Int) {
            for bit in (0..<count).reversed() { bits.append(value >> bit & 1 == 1) }
        }
        append(0b0100, 4)
        append(bytes.count, countBits)
        for byte in bytes { append(Int(byte), 8) }
        append(0, min(4, dataCodewords * 8 - bits.count))
        append(0, (8 - bits.count % 8) % 8)
        var codewords = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<(start + 8)].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        let filling: [UInt8] = [0b1110_1100, 0b0001_0001]
        for index in 0..<(dataCodewords - codewords.count) { codewords.append(filling[index % 2]) }
        return codewords
    }
}
