import CurlHTTP
import Testing

@Suite("Exchanges", .timeLimit(.minutes(1)))
struct ExchangeTests {
    @Test(
        "Each method arrives with its body and exactly the given headers",
        arguments: [
            (.post, [UInt8]("a=b".utf8)), (.post, []), (.put, [0, 255, 0]), (.patch, [1]),
            (.delete, [2]), (.delete, nil), (.get, nil), (.post, nil), (.put, nil),
        ] as [(CurlRequest.Method, [UInt8]?)])
    func methods(_ method: CurlRequest.Method, _ body: [UInt8]?) async throws {
        let server = try LoopbackServer { request, connection in
            connection.reply(request.head + request.body.map { "\($0) " }.joined())
        }
        let client = try CurlClient(.init(userAgent: "tests"))
        let headers = [(name: "X-Empty", value: ""), (name: "Authorization", value: "Bearer abc")]
        let text = try await client.send(
            CurlRequest(method: method, url: server.url, headers: headers, body: body)
        ).text
        let length = body.map(\.count) ?? ([.post, .put].contains(method) ? 0 : nil)
        let expected = """
            \(method.rawValue) / HTTP/1.1\r
            Host: 127.0.0.1:\(server.port)\r
            User-Agent: tests\r
            Accept: */*\r
            X-Empty:\r
            Authorization: Bearer abc\r
            \(length.map { "Content-Length: \($0)\r\n" } ?? "")\r\n
            """
        #expect(text == expected + (body ?? []).map { "\($0) " }.joined())
        await client.shutdown()
    }

    @Test("HEAD gives headers and no body, whatever length is announced")
    func head() async throws {
        let server = try LoopbackServer { _, connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        }
        let client = try CurlClient(.init())
        let response = try await client.send(CurlRequest(method: .head, url: server.url))
        #expect(response.header("content-LENGTH") == "99999999")
        #expect(response.body.isEmpty)
        await client.shutdown()
    }

    @Test("A body of more than a megabyte is sent without waiting for 100-continue")
    func largeBody() async throws {
        let server = try LoopbackServer { request, connection in
            connection.reply("\(request.body.count) \(request.head.lowercased().contains("expect:"))")
        }
        let client = try CurlClient(.init())
        let body = [UInt8](repeating: 7, count: 3 << 20)
        let response = try await client.send(CurlRequest(method: .put, url: server.url, body: body))
        #expect(response.text == "\(body.count) false")
        await client.shutdown()
    }

    @Test("A redirect is reported and not followed")
    func redirect() async throws {
        let heads = Heads()
        let server = try LoopbackServer { request, connection in
            heads.add(request.head)
            connection.reply("", status: "302 Found", headers: "Location: /elsewhere\r\n")
        }
        let client = try CurlClient(.init())
        let response = try await client.send(CurlRequest(url: server.url))
        #expect(response.status == 302)
        #expect(response.header("location") == "/elsewhere")
        #expect(heads.all.count == 1)
        await client.shutdown()
    }

    @Test("Cookies are not kept")
    func cookies() async throws {
        let server = try LoopbackServer { request, connection in
            connection.reply("\(request.head.contains("Cookie"))", headers: "Set-Cookie: a=b; Path=/\r\n")
        }
        let client = try CurlClient(.init())
        for _ in 0..<2 { #expect(try await client.send(CurlRequest(url: server.url)).text == "false") }
        await client.shutdown()
    }

    @Test("Only the final response's headers count: interim ones and trailers do not, folded ones are joined")
    func headerBlocks() async throws {
        let server = try LoopbackServer { _, connection in
            connection.write("HTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
            connection.write("HTTP/1.1 201 Created\r\nX-A: 1\r\nX-A:  2 \r\nX-Fold: a\r\n  b\r\n")
            connection.write("Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2\r\nhi\r\n0\r\nX-T: 3\r\n\r\n")
        }
        let client = try CurlClient(.init())
        for _ in 0..<2 {
            let response = try await client.send(CurlRequest(url: server.url))
            #expect(response.status == 201)
            #expect(response.text == "hi")
            let seen = response.headers.map { "\($0.name)=\($0.value)" }
            #expect(seen == ["X-A=1", "X-A=2", "X-Fold=a b", "Transfer-Encoding=chunked", "Trailer=X-T"])
            #expect(response.header("x-a") == "1")
        }
        #expect(server.acceptedCount == 1)
        await client.shutdown()
    }

    @Test("A compressed body is handed over as it is")
    func noDecompression() async throws {
        let server = try LoopbackServer { request, connection in
            let asked = request.head.lowercased().contains("accept-encoding")
            connection.reply("\(asked), not really gzip", headers: "Content-Encoding: gzip\r\n")
        }
        let client = try CurlClient(.init())
        let response = try await client.send(CurlRequest(url: server.url))
        #expect(response.text == "false, not really gzip")
        await client.shutdown()
    }
}
