import Foundation
import Tenancy
import Testing

@Suite("Listener")
struct ListenerTests {
    private func head(fields: Int, bytesEach: Int = 10) -> String {
        let lines = (0..<fields).map { "X-\($0): " + String(repeating: "x", count: bytesEach) + "\r\n" }
        return "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + lines.joined() + "\r\n"
    }

    @Test("A head within the limits is served")
    func withinLimits() async throws {
        try await withHouse { house in
            for port in [house.api.port, house.pages.port] {
                let reply = await RawConnection.exchange(head(fields: 90, bytesEach: 100), port: port)
                #expect(reply.heard.hasPrefix("HTTP/1.1 200"))
            }
        }
    }

    @Test(
        "A flood of header fields, or of their bytes, is refused and the connection closed",
        arguments: [
            (200, 10), (1, 20 * 1_024), (40, 1_024),
        ])
    func floods(_ fields: Int, _ bytes: Int) async throws {
        try await withHouse { house in
            for port in [house.api.port, house.pages.port] {
                let reply = await RawConnection.exchange(head(fields: fields, bytesEach: bytes), port: port)
                #expect(!reply.heard.contains("200 OK"))
                #expect(reply.heard.isEmpty || reply.heard.hasPrefix("HTTP/1.1 4"))
                #expect(reply.isClosed)
            }
        }
    }

    @Test(
        "What is not HTTP is refused and the connection closed",
        arguments: [
            "\u{16}\u{3}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "POST /v1/keys HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        ])
    func notHTTP(_ text: String) async throws {
        try await withHouse { house in
            let reply = await RawConnection.exchange(text, port: house.api.port)
            #expect(reply.heard.isEmpty || reply.heard.hasPrefix("HTTP/1.1 4"))
            #expect(reply.isClosed)
        }
    }

    private static func request(_ method: String, _ path: String, _ fields: String = "") -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n"
    }

    @Test(
        "A reply to HEAD has no body, so the next reply on the connection is not misread",
        arguments: ["/livez", "/nothing", "/connect/x", "/v1/apps"])
    func headHasNoBody(_ path: String) async throws {
        try await withHouse { house in
            let text = Self.request("HEAD", path) + Self.request("GET", "/livez", "Connection: close\r\n")
            for port in [house.api.port, house.pages.port] {
                let reply = await RawConnection.exchange(text, port: port)
                let parts = reply.heard.components(separatedBy: "\r\n\r\n")
                #expect(parts.count == 3)
                #expect(parts.dropFirst().first?.hasPrefix("HTTP/1.1 200") == true)
                #expect(parts.last == "ok\n")
            }
        }
    }

    @Test("Health answers HEAD as it answers GET, for probes that send it")
    func headOfHealth() async throws {
        try await withHouse { house in
            for port in [house.api.port, house.pages.port] {
                let reply = await RawConnection.exchange(
                    Self.request("HEAD", "/livez", "Connection: close\r\n"), port: port)
                #expect(reply.heard.hasPrefix("HTTP/1.1 200"))
            }
        }
    }

    @Test("Several requests travel on one connection")
    func keepAlive() async throws {
        try await withHouse { house in
            let one = Self.request("GET", "/livez")
            let last = Self.request("GET", "/livez", "Connection: close\r\n")
            let reply = await RawConnection.exchange(one + one + last, port: house.api.port)
            #expect(reply.heard.components(separatedBy: "HTTP/1.1 200").count == 4)
            #expect(reply.isClosed)
        }
    }
}

extension Client {
    /// The port of a door on TCP.
    fileprivate var port: Int { URLComponents(string: base)?.port ?? 0 }
}
