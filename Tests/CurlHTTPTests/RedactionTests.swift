import CurlHTTP
import Testing

@Suite("Redaction")
struct RedactionTests {
    private func everyText(of value: some Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        return [
            "\(value)", String(describing: value), String(reflecting: value), "\([value])", "\(Optional(value) as Any)",
            dumped,
        ]
    }

    @Test("No way of printing a request shows more than its method and host")
    func request() {
        let request = CurlRequest(
            method: .post, url: "https://login.example.com/hidden-path?code=hidden-query",
            headers: [("Authorization", "hidden-header")], body: Array("hidden-body".utf8),
            unixSocket: "/run/hidden-socket")
        #expect("\(request)" == "POST login.example.com")
        for text in everyText(of: request) {
            #expect(!text.contains("hidden"))
            // "hid", as `[UInt8]` prints it.
            #expect(!text.contains("104, 105, 100"))
        }
        #expect("\(CurlRequest(url: "https://user:hidden@example.com/"))" == "GET (no valid host)")
    }

    @Test("No way of printing a response shows its headers or body")
    func response() {
        let response = CurlResponse(
            status: 200, headers: [("Set-Cookie", "hidden-header")], body: Array("hidden-body".utf8))
        #expect("\(response)" == "200, 11 bytes")
        for text in everyText(of: response) {
            #expect(!text.contains("hidden"))
            #expect(!text.contains("104, 105, 100"))
        }
    }

    @Test("No way of printing a configuration shows the proxy's credentials")
    func configuration() {
        for text in everyText(of: CurlClient.Configuration(proxy: "http://user:hidden@proxy.example")) {
            #expect(!text.contains("hidden"))
        }
    }

    @Test("An error names the host and nothing behind it")
    func error() async throws {
        let client = try CurlClient(.init())
        for url in [
            "http://example.com/hidden?hidden", "https://tenant.invalid/hidden?hidden", "https://hidden:x@a.b/",
        ] {
            let error = await #expect(throws: CurlError.self) { try await client.send(CurlRequest(url: url)) }
            for text in everyText(of: try #require(error)) { #expect(!text.contains("hidden")) }
        }
        await client.shutdown()
    }

    @Test("Each error is a sentence")
    func sentences() {
        let errors: [CurlError] = [
            .refused(reason: "So it is."), .cannotResolve(host: "a.b"), .cannotConnect, .tlsFailed(reason: "No."),
            .connectTimedOut, .timedOut, .responseTooLarge(limit: 5), .cancelled, .shutDown,
            .transferFailed(code: 56, reason: "Failure when receiving data from the peer"),
        ]
        for error in errors {
            #expect(error.description.hasSuffix("."))
            #expect(error.description.first?.isUppercase == true)
        }
    }
}
