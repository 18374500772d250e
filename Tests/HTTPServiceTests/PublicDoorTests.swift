import CurlHTTP
import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite("Public door")
struct PublicDoorTests {
    @Test("Nothing of the API is served, with or without a key")
    func noAPI() async throws {
        let contract = try Contract.current.get()
        try await withHouse { house in
            let key = try #require(try await house.api(as: .admin).key)
            for operation in contract.operations where operation.role != nil || operation.path == "/openapi.yaml" {
                for client in [house.pages, house.pages.with(key: key)] {
                    let reply =
                        switch operation.method {
                        case "POST": try await client.post(operation.path, "{}")
                        case "DELETE": try await client.send(.delete, operation.path)
                        default: try await client.get(operation.path.replacing("{", with: "").replacing("}", with: ""))
                        }
                    #expect(reply.status == 404, "\(operation.name)")
                    #expect(reply.header("Content-Type")?.hasPrefix("text/html") == true, "\(operation.name)")
                }
            }
        }
    }

    @Test("Every reply forbids scripts, frames, sniffing, referrers and caches")
    func headers() async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(1...1)
            let link = try await house.makeLink()
            let paths = [
                link.page, "/connect/x", "/nothing", "/consent/callback", "/livez",
                "/consent/callback?state=\(link.state)&\(House.approval)", link.page,
            ]
            for path in paths {
                let reply = try await house.pages.get(path)
                let policy = reply.header("Content-Security-Policy") ?? ""
                for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"] {
                    #expect(policy.contains(rule), "\(path)")
                }
                #expect(!policy.contains("script-src"))
                #expect(reply.header("X-Content-Type-Options") == "nosniff", "\(path)")
                #expect(reply.header("Referrer-Policy") == "no-referrer", "\(path)")
                #expect(reply.header("Cache-Control") == "no-store", "\(path)")
                #expect(reply.header("X-Robots-Tag") == "noindex", "\(path)")
                #expect(reply.header("Set-Cookie") == nil, "\(path)")
            }
        }
    }

    @Test("The stylesheet is the only thing a page loads, and may be kept")
    func stylesheet() async throws {
        try await withHouse { house in
            let reply = try await house.pages.get("/assets/page.css")
            #expect(reply.status == 200)
            #expect(reply.header("Content-Type") == "text/css; charset=utf-8")
            #expect(reply.header("Cache-Control") == "public, max-age=3600")
            #expect(reply.header("X-Content-Type-Options") == "nosniff")
            let file = try Data(contentsOf: Resources.file("Pages/page.css"))
            #expect(reply.bytes == Array(file))
            let page = try await house.pages.get("/connect/x")
            #expect(page.text.matches(of: /(?:src|href)="([^"]*)"/).map { String($0.1) } == ["/assets/page.css"])
        }
    }

    @Test("Trouble with the store asks the reader to come back, and shows nothing of it")
    func trouble() async throws {
        try await withHouse { house in
            try house.directory.close()
            for path in ["/connect/\(String(repeating: "0", count: 32))", "/consent/callback?state=a&error=b"] {
                let reply = try await house.pages.get(path)
                #expect(reply.status == 503)
                #expect(reply.text.contains("Please try again in a moment"))
                #expect(!reply.text.lowercased().contains("sqlite"))
                #expect(!reply.text.lowercased().contains("database"))
            }
        }
    }
}
