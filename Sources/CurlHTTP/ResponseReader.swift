/// Collects what libcurl's callbacks hand over, within bounds.
struct ResponseReader {
    private enum Section {
        /// Before a status line, at the start or after an interim response.
        case start
        case headers(isInterim: Bool)
        /// The final headers are complete. Later header lines are trailers.
        case complete
    }

    static let maxHeaderBytes = 64 * 1024

    let maxBodyBytes: Int
    /// Takes the body of a 2xx response in the place of `body`.
    private let onBody: (@Sendable ([UInt8]) -> Void)?
    private var isSuccess = false
    private(set) var headers: [(name: String, value: String)] = []
    private(set) var body: [UInt8] = []
    /// The bound, in bytes, that was passed.
    private(set) var passedLimit: Int?
    private var section = Section.start
    /// Over all header blocks and trailers, so that a server cannot go on with interim responses for ever.
    private var headerBytes = 0

    init(maxBodyBytes: Int, onBody: (@Sendable ([UInt8]) -> Void)? = nil) {
        self.maxBodyBytes = maxBodyBytes
        self.onBody = onBody
    }

    /// False ends the transfer.
    mutating func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if isSuccess, let onBody {
            onBody(Array(bytes))
            return true
        }
        guard bytes.count <= maxBodyBytes - body.count else { return pass(maxBodyBytes) }
        body.append(contentsOf: bytes)
        return true
    }

    /// Takes one line with its line break, the status line included. False ends the transfer.
    mutating func takeHeaderLine(_ bytes: UnsafeRawBufferPointer) -> Bool {
        headerBytes += bytes.count
        guard headerBytes <= Self.maxHeaderBytes else { return pass(Self.maxHeaderBytes) }
        let line = Self.trim(bytes[...])
        switch section {
        case .start:
            // "HTTP/1.1 100 Continue": interim responses have a 1 behind the first space (RFC 9110, section 15.2).
            headers = []
            let code = line.drop { $0 != Self.space }.drop { $0 == Self.space }
            section = .headers(isInterim: code.first == UInt8(ascii: "1"))
            isSuccess = code.first == UInt8(ascii: "2")
        case .headers(let isInterim):
            if line.isEmpty {
                section = isInterim ? .start : .complete
            } else {
                add(line, isFolded: bytes.first == Self.space || bytes.first == Self.tab)
            }
        case .complete:
            // Trailers never pass for headers (RFC 9110, section 6.5.1).
            break
        }
        return true
    }

    private mutating func add(_ line: Slice<UnsafeRawBufferPointer>, isFolded: Bool) {
        if isFolded, let last = headers.indices.last {
            // RFC 9112, section 5.2: a recipient replaces the fold by a space.
            headers[last].value += " " + String(decoding: line, as: UTF8.self)
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: line[..<colon], as: UTF8.self)
            let value = String(decoding: Self.trim(line[line.index(after: colon)...]), as: UTF8.self)
            headers.append((name, value))
        }
    }

    private mutating func pass(_ limit: Int) -> Bool {
        passedLimit = limit
        return false
    }

    private static let space = UInt8(ascii: " ")
    private static let tab = UInt8(ascii: "\t")

    private static func trim(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        let isBlank: (UInt8) -> Bool = { $0 == space || $0 == tab || $0 == 0x0D || $0 == 0x0A }
        var rest = bytes.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }
}
