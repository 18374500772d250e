/// A text as a QR code that a telephone's camera reads: byte mode, error correction level M, versions 1 to 10.
///
/// Source of every table and rule: ISO/IEC 18004:2015. No Swift package for it is to be had where this builds, and a
/// library would bring raster images along that nobody needs here.
package struct QRCode: Sendable, Equatable {
    /// 1 to 10: how large it is.
    package let version: Int
    /// 0 to 7: which pattern its data are mixed with, so that they look like none of the fixed ones.
    package let mask: Int
    /// Rows of modules; true is dark.
    package let modules: [[Bool]]

    /// Modules that must stay white on each side (section 5.3.8).
    static let quietZone = 4

    /// Takes the smallest version that holds the text in UTF-8, and the mask that reads best.
    ///
    /// Addresses are ASCII; which letters other bytes stand for is a guess of the reader's.
    ///
    /// - Returns: `nil` for a text of more than 213 bytes, which version 10 cannot hold.
    package init?(_ text: String) {
        self.init(text, mask: nil)
    }

    /// - Parameter mask: for comparison with others' codes; `nil` for the one that reads best.
    package init?(_ text: String, mask: Int?) {
        guard let version = QRVersion.smallest(holding: text.utf8.count) else { return nil }
        let codewords = version.codewords(of: Array(text.utf8))
        let symbols = (mask.map { [$0] } ?? Array(0..<8)).map { QRSymbol(version, codewords: codewords, mask: $0) }
        guard let best = symbols.min(by: { $0.penalty < $1.penalty }) else { return nil }
        self.version = version.number
        self.mask = best.mask
        modules = best.modules
    }

    /// A picture without scripts or styles of its own, as wide as its place; each row's dark runs are one path.
    package var svg: String {
        let size = modules.count + 2 * Self.quietZone
        var path = ""
        for (y, row) in modules.enumerated() {
            var x = 0
            while x < row.count {
                let run = row[x...].prefix { $0 == row[x] }.count
                if row[x] { path += "M\(x + Self.quietZone) \(y + Self.quietZone)h\(run)v1h-\(run)z" }
                x += run
            }
        }
        return #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(size) \#(size)" role="img" "#
            + #"aria-label="QR code" shape-rendering="crispEdges"> <path fill="white" d="M0 0h\#(size)v\#(size)H0z"/>"#
            + #"<path fill="black" d="\#(path)"/></svg>"#
    }
}
