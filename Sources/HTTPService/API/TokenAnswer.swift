import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Tenancy

/// A token as the reply of `POST /v1/tokens`, written by hand: `JSONEncoder` takes several times as long as all the rest
/// of a hit together.
struct TokenAnswer {
    let token: AccessToken
    let key: TokenKey
    let now: Moment

    private static let headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]

    var response: Response {
        Response(status: .ok, headers: Self.headers, body: ResponseBody(byteBuffer: body))
    }

    /// The same members and order as ``JSONBody`` would write.
    var body: ByteBuffer {
        // By the clock that never steps, so that setting the other one makes no token look longer than it is.
        let life = token.life(at: now.steady)
        let text = token.value.exposed
        var buffer = ByteBuffer()
        buffer.reserveCapacity(text.utf8.count + 512)
        buffer.writeString("{\"access_token\":")
        buffer.writeJSON(text)
        buffer.writeString(",\"digest\":")
        buffer.writeJSON(token.digest.description)
        buffer.writeString(",\"expires_at\":")
        buffer.writeJSON((now.date + life).internetText)
        buffer.writeString(",\"expires_in\":\(Int(life)),\"resource\":")
        buffer.writeJSON(key.resource.description)
        buffer.writeString(",\"tenant\":")
        buffer.writeJSON(key.tenant.description)
        buffer.writeString(",\"token_type\":\"Bearer\"}")
        return buffer
    }
}

extension ByteBuffer {
    /// Writes the text as a JSON string (RFC 8259, section 7).
    mutating func writeJSON(_ text: String) {
        writeInteger(UInt8(ascii: "\""))
        if Self.isPlain(text) {
            writeString(text)
        } else {
            for byte in text.utf8 { writeEscaped(byte) }
        }
        writeInteger(UInt8(ascii: "\""))
    }

    /// Without a branch, so that it is done for many bytes at once: a token has some 1,500.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { bytes in
            var special: UInt8 = 0
            for byte in bytes { special |= (byte < 0x20 ? 1 : 0) | (byte == 0x22 ? 1 : 0) | (byte == 0x5c ? 1 : 0) }
            return special == 0
        } ?? false
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case 0x22, 0x5c:
            writeInteger(UInt8(ascii: "\\"))
            writeInteger(byte)
        case ..<0x20:
            let digits = String(byte, radix: 16)
            writeString("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
        default: writeInteger(byte)
        }
    }
}

extension Date {
    /// ISO 8601 in UTC, whole seconds, as ``JSONBody`` writes instants. The days are told apart by
    /// howardhinnant.github.io/date_algorithms.html, `civil_from_days`.
    var internetText: String {
        let seconds = Int(timeIntervalSince1970.rounded(.down))
        let (days, second) = (seconds.floorDivided(by: 86_400), seconds.floorRemainder(by: 86_400))
        let shifted = days + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted.floorRemainder(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * march + 2) / 5 + 1
        let month = march < 10 ? march + 3 : march - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(day))T"
            + "\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
    }
}

extension Int {
    fileprivate func floorDivided(by divisor: Int) -> Int { (self - floorRemainder(by: divisor)) / divisor }

    fileprivate func floorRemainder(by divisor: Int) -> Int { ((self % divisor) + divisor) % divisor }
}
