/// A complete HTTP response. No way of printing it shows its headers or body, which may hold tokens.
package struct CurlResponse: Sendable {
    /// The final status; redirects are not followed, so 3xx codes appear here too.
    package let status: Int
    /// The final response's headers in the order received, without interim (1xx) headers and trailers. Over HTTP/2
    /// names are lower case.
    package let headers: [(name: String, value: String)]
    /// The body as received, never decompressed.
    package let body: [UInt8]

    /// For callers that script answers in their tests.
    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of the header, whatever the case of its name.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        // Few names are as long as the wanted one, and only those are worth a copy in lower case.
        return headers.first { $0.name.utf8.count == wanted.utf8.count && $0.name.lowercased() == wanted }?.value
    }
}

extension CurlResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The status and the size, as in `200, 512 bytes`.
    package var description: String { "\(status), \(body.count) bytes" }

    /// The same as `description`.
    package var debugDescription: String { description }

    /// Without children, so that `dump` shows no more than `description`.
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
