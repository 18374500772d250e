import Foundation
import HTTPService
import OpenSSLCrypto
import Testing

@Suite("QR code")
struct QRCodeTests {
    private func rows(_ code: QRCode) -> [String] { code.modules.map { String($0.map { $0 ? "#" : "." }) } }

    /// As the Python package `qrcode` 8.2 draws it.
    private static let drawn = [
        "#######..#.#..#######",
        "#.....#....##.#.....#",
        "#.###.#.###...#.###.#",
        "#.###.#.#.#...#.###.#",
        "#.###.#.###.#.#.###.#",
        "#.....#.####..#.....#",
        "#######.#.#.#.#######",
        "........##...........",
        "#.#####....#..#####..",
        ".....#.#..#######.###",
        "##..#.#.#...##...#.#.",
        "####.#.#...###...###.",
        ".#.#.####...####.#..#",
        "........#.#.#..####.#",
        "#######..###.......#.",
        "#.....#.#....#.#..###",
        "#.###.#.#..#..###...#",
        "#.###.#.#...###.##...",
        "#.###.#.#...#........",
        "#.....#...####...##..",
        "#######.##.##.#....#.",
    ]

    @Test("is drawn as others draw it")
    func drawn() throws {
        let code = try #require(QRCode("isv.example", mask: 2))
        #expect(rows(code) == Self.drawn)
    }

    @Test(
        "of every version, filled to the last byte and under every mask, is what the Python package `qrcode` 8.2 makes",
        arguments: [
            (14, 1, "36eadb9a6fc9a2cdeecbc03b960f239b6f4574866aca567795e1ee6a866d8aa5"),
            (26, 2, "43c77ad4d821adb94b2831446fd3f6b41cc7a57d3f2835ccd1b8625a5cd0f588"),
            (42, 3, "ed7ad08c616d99d389a0868438f1488f22df8df134b27e3cb0741fae234a70ca"),
            (62, 4, "8e732ff055ba19f6232f9f1c6663b2e96d6a6916e414ffdfac0d74eb430f8540"),
            (84, 5, "8f8e3ab7cd0b6d9cb5eaea834ce7de44ef67562ee38f39873c499a87ec26d72d"),
            (106, 6, "d79e6e293f20447f404708c43fb1b21b0497b4ac17ee641d29220e6587fda738"),
            (122, 7, "eac77d96fb8df9a5976b8c804cf15d549ea51b792a5c15b95f50f1c1ce9c13df"),
            (152, 0, "242f4b9af8803cc53347a8d69433f43be688dc19e514f1d6a06510d1ea39eb13"),
            (180, 1, "917657c8ceb8b36dedf5e17eab774499b7103f992e939ab4a5080dba78fc9dad"),
            (213, 2, "c789d70ab1ce2998b65a322a67d73d4192eef65182a6cd5156e7bfcd0bdd3e7d"),
        ])
    func versions(_ length: Int, _ mask: Int, _ digest: String) throws {
        let text = String(("https://isv.example/?" + String(repeating: "0123456789", count: 30)).prefix(length))
        let code = try #require(QRCode(text, mask: mask))
        let digits = Digest.sha256(Array(rows(code).joined(separator: "\n").utf8)).map {
            String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
        }
        #expect(digits.joined() == digest)
        #expect(
            code.modules.count == 17 + 4 * code.version && code.modules.allSatisfy { $0.count == code.modules.count })
    }

    @Test("takes the smallest version that holds the text, and no text above 213 bytes")
    func capacity() throws {
        let capacities = [14, 26, 42, 62, 84, 106, 122, 152, 180, 213]
        for (index, capacity) in capacities.enumerated() {
            #expect(QRCode(String(repeating: "x", count: capacity))?.version == index + 1)
            let next = QRCode(String(repeating: "x", count: capacity + 1))?.version
            #expect(next == (index + 1 < capacities.count ? index + 2 : nil))
        }
        #expect(QRCode("")?.version == 1)
        #expect(QRCode(String(repeating: "é", count: 7))?.version == 1, "bytes count, not characters")
        #expect(QRCode(String(repeating: "é", count: 8))?.version == 2)
    }

    @Test("chooses its mask by the text alone")
    func mask() throws {
        let code = try #require(QRCode("https://isv.example/consent/a"))
        #expect(QRCode("https://isv.example/consent/a") == code)
        #expect(QRCode("https://isv.example/consent/a", mask: code.mask) == code)
        let masks = Set((0..<60).compactMap { QRCode("https://isv.example/consent/\($0)")?.mask })
        #expect(masks.count > 3)
    }

    @Test("as a picture has its white border, and holds nothing of the text and nothing that runs or is fetched")
    func picture() throws {
        let text = "https://isv.example/consent/<script>"
        let code = try #require(QRCode(text))
        #expect(code.svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 37 37\""))
        #expect(code.version == 3 && code.svg.hasSuffix("</svg>"))
        for word in ["script", "style", "href", "isv.example", "onload", "url("] { #expect(!code.svg.contains(word)) }
        let picture = try Picture(code.svg)
        #expect(picture.pixels.count == 37)
        let border = Array(repeating: false, count: 4)
        for (y, row) in picture.pixels.enumerated() {
            let inside = (4..<33).contains(y) ? code.modules[y - 4] : Array(repeating: false, count: 29)
            #expect(row == border + inside + border)
        }
    }

    @Test(
        "is read by a foreign decoder",
        .enabled(if: Zbar.path != nil, "zbarimg (package zbar-tools) is not installed"),
        arguments: [1, 13, 14, 15, 42, 60, 61, 84, 106, 107, 122, 123, 152, 180, 181, 213])
    func decoded(_ length: Int) async throws {
        let text = String(("https://isv.example/consent/" + String(repeating: "k5dwZ-_~?&=", count: 30)).suffix(length))
        let code = try #require(QRCode(text))
        #expect(try await Zbar.read(try Picture(code.svg)) == text)
    }

    @Test(
        "is read under each of its masks",
        .enabled(if: Zbar.path != nil, "zbarimg (package zbar-tools) is not installed"), arguments: 0..<8)
    func decodedMasks(_ mask: Int) async throws {
        let text = "https://isv.example/consent/\(mask)"
        #expect(try await Zbar.read(try Picture(try #require(QRCode(text, mask: mask)).svg)) == text)
    }
}
