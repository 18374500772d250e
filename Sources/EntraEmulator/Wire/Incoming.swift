/// One request, decoded once at the edge.
struct Incoming: Sendable {
    let method: String
    /// The path as it was sent, without the query.
    let path: String
    /// The path's segments, percent-decoded; empty ones are dropped.
    let segments: [String]
    let query: FormFields
    /// The value of the `Host` header.
    let host: String
    let body: [UInt8]
    private let headers: [(name: String, value: String)]

    /// - Parameter target: path and query as they stood in the request line.
    init(method: String, target: String, host: String, headers: [(name: String, value: String)], body: [UInt8]) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.method = method
        self.path = parts.first.map(String.init) ?? "/"
        self.segments = path.split(separator: "/").map { Percent.decode($0, plusIsSpace: false) ?? String($0) }
        self.query = FormFields(decoding: parts.count > 1 ? parts[1] : "")
        self.host = host
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, whatever its case.
    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }

    /// The body's fields if it is a form, else none.
    var form: FormFields {
        guard header("content-type")?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true,
            let text = String(validating: body, as: UTF8.self)
        else { return FormFields() }
        return FormFields(decoding: text)
    }
}
