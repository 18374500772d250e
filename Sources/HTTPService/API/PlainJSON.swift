import NIOCore

/// Reads the plain kind of JSON that programs write for small requests: strings of printable ASCII without escapes, and
/// whole numbers. Several times as fast as `JSONDecoder`, which has the word on everything that this one does not take.
struct PlainJSON {
    private let bytes: ByteBufferView
    private var place: ByteBufferView.Index

    init(_ buffer: ByteBuffer) {
        bytes = buffer.readableBytesView
        place = bytes.startIndex
    }

    /// Whether nothing but white space is left.
    var isAtEnd: Bool {
        mutating get {
            skipWhiteSpace()
            return place == bytes.endIndex
        }
    }

    /// Takes that character, if it is the next one.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipWhiteSpace()
        guard place < bytes.endIndex, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    mutating func string() -> String? {
        guard take("\"") else { return nil }
        let start = place
        while place < bytes.endIndex {
            switch bytes[place] {
            case UInt8(ascii: "\""):
                defer { place += 1 }
                return String(decoding: bytes[start..<place], as: UTF8.self)
            case UInt8(ascii: "\\"): return nil
            case 0x20...0x7e: place += 1
            default: return nil
            }
        }
        return nil
    }

    /// Up to nine digits.
    mutating func number() -> Int? {
        skipWhiteSpace()
        let start = place
        while place < bytes.endIndex, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) { place += 1 }
        let digits = bytes[start..<place]
        guard (1...9).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private mutating func skipWhiteSpace() {
        while place < bytes.endIndex, bytes[place].isJSONSpace { place += 1 }
    }
}

extension UInt8 {
    fileprivate var isJSONSpace: Bool { self == 0x20 || self == 0x0a || self == 0x0d || self == 0x09 }
}
