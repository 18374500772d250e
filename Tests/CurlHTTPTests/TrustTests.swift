import CurlHTTP
import Testing

@Suite("Trust", .timeLimit(.minutes(1)))
struct TrustTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
        try authority.issue("server")
    }

    @Test("A server of an unknown authority is refused, and accepted once its CA file is given")
    func extraAuthority() async throws {
        let server = try TLSServer(authority)
        let strict = try CurlClient(.init())
        let error = await #expect(throws: CurlError.self) { try await strict.send(CurlRequest(url: server.url())) }
        #expect(
            error
                == .tlsFailed(
                    reason: "The certificate of localhost was issued by an authority that is not trusted."))
        let trusting = try CurlClient(.init(extraCAFile: authority.file))
        for host in ["localhost", "127.0.0.1"] {
            #expect(try await trusting.send(CurlRequest(url: server.url(host: host))).text == "HTTP/1.1")
        }
        await strict.shutdown()
        await trusting.shutdown()
    }

    @Test("A certificate for another name is refused, though its authority is trusted")
    func wrongName() async throws {
        try authority.issue("other", for: "DNS:other.example")
        let server = try TLSServer(authority, certificate: "other")
        let client = try CurlClient(.init(extraCAFile: authority.file))
        await #expect(
            throws: CurlError.tlsFailed(reason: "The certificate of localhost was issued for another name.")
        ) {
            try await client.send(CurlRequest(url: server.url()))
        }
        await client.shutdown()
    }

    @Test("A refused server stays refused when it is asked again")
    func alwaysVerified() async throws {
        let server = try TLSServer(authority, settings: "keepalive_timeout 0;")
        let client = try CurlClient(.init())
        for _ in 0..<3 {
            let error = await #expect(throws: CurlError.self) { try await client.send(CurlRequest(url: server.url())) }
            guard case .tlsFailed = error else {
                Issue.record("unexpected error: \(String(describing: error))")
                return
            }
        }
        await client.shutdown()
    }

    @Test("TLS 1.1 is refused, TLS 1.2 and 1.3 are spoken", arguments: ["TLSv1.1", "TLSv1.2", "TLSv1.3"])
    func versions(_ version: String) async throws {
        let server = try TLSServer(
            authority, settings: "ssl_protocols \(version); ssl_ciphers ALL:@SECLEVEL=0; add_header TLS $ssl_protocol;")
        let client = try CurlClient(.init(extraCAFile: authority.file))
        let request = CurlRequest(url: server.url("/padded"))
        if version == "TLSv1.1" {
            // First the proof that this server does speak it, to those who ask.
            try Program.run([
                "openssl", "s_client", "-connect", "127.0.0.1:\(server.port)", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0",
                "-CAfile", authority.file, "-verify_return_error",
            ])
            let error = await #expect(throws: CurlError.self) { try await client.send(request) }
            guard case .tlsFailed = error else {
                Issue.record("unexpected error: \(String(describing: error))")
                return
            }
        } else {
            #expect(try await client.send(request).header("TLS") == version)
        }
        await client.shutdown()
    }

    @Test("A CA file that is missing, empty, cut off or damaged stops the client at once, with the file's name")
    func unusableFiles() throws {
        let folder = authority.folder
        let begin = "-----BEGIN CERTIFICATE-----\n"
        let files = [
            folder.file("none.pem"): "cannot be read: No such file or directory",
            folder.path: "cannot be read: Is a directory",
            try folder.write("", to: "empty.pem"): "holds no certificate in PEM form",
            try folder.write("hello", to: "text.pem"): "holds no certificate in PEM form",
            try folder.write(begin + "MIIBszCC", to: "cut.pem"): "holds a damaged certificate",
            try folder.write(begin + "!!!\n-----END CERTIFICATE-----\n", to: "bad.pem"): "holds a damaged certificate",
            folder.file("ca.key"): "holds no certificate in PEM form",
        ]
        for (file, reason) in files {
            #expect(throws: CurlError.refused(reason: "The CA file \(file) \(reason).")) {
                try CurlClient(.init(extraCAFile: file))
            }
        }
    }

    @Test("The extra CA file may hold a comment, a private key and several certificates, with any line breaks")
    func mixedFile() async throws {
        let other = try TestAuthority()
        let key = try authority.folder.read("ca.key")
        let text = "# ours\r\n" + key + (try other.folder.read("ca.pem")) + (try authority.folder.read("ca.pem"))
        let file = try authority.folder.write(text.split(separator: "\n").joined(separator: "\r\n"), to: "mixed.pem")
        let server = try TLSServer(authority)
        let client = try CurlClient(.init(extraCAFile: file))
        #expect(try await client.send(CurlRequest(url: server.url())).status == 200)
        await client.shutdown()
    }
}
