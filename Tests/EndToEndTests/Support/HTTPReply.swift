import FoundationEssentials

/// An HTTP reply, had with the `curl` command: a client that shares nothing with the product's own.
struct HTTPReply: Sendable {
    let status: Int
    /// By lower-case name.
    let headers: [String: String]
    let body: String

    var json: JSON { get throws { try JSON(parsing: body) } }

    /// What stands between `<title>` and `</title>`.
    var title: String {
        guard let start = body.firstRange(of: "<title>"), let end = body.firstRange(of: "</title>") else { return "" }
        return String(body[start.upperBound..<end.lowerBound])
    }

    struct Unanswered: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter options: further words for `curl`.
    static func of(
        _ method: String = "GET", _ url: String, headers: [String] = [], body: JSON? = nil, options: [String] = []
    ) async throws -> HTTPReply {
        var words = ["-sS", "--noproxy", "*", "--max-time", "90", "--globoff", "--path-as-is"] + options
        words += method == "HEAD" ? ["--head"] : ["--include", "-X", method]
        words += headers.flatMap { ["-H", $0] }
        if body != nil { words += ["-H", "Content-Type: application/json", "--data-binary", "@-"] }
        let result = try await Command.run("curl", words + [url], input: try body?.bytes ?? [])
        guard result.code == 0 else { throw Unanswered(description: "\(method) \(url): \(result.errors)") }
        return try HTTPReply(result.output)
    }

    private init(_ text: String) throws {
        // Swift takes CR LF for one character.
        guard let split = text.firstRange(of: "\r\n\r\n") else { throw Unanswered(description: "no head in \(text)") }
        let head = text[..<split.lowerBound].split(separator: "\r\n")
        guard let status = head.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Unanswered(description: "no status in \(text)")
        }
        self.status = status
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        self.headers = headers
        body = String(text[split.upperBound...])
    }
}
