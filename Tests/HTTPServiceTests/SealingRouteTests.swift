import CurlHTTP
import Foundation
import HTTPService
import SQLiteStore
import Tenancy
import Testing

@Suite("Sealing key and backup routes")
struct SealingRouteTests {
    @Test("A rotation is begun once, followed and ended, and no reply holds a key")
    func rotation() async throws {
        try await withHouse { house in
            _ = try await house.socket.post("/v1/apps", House.appBody)
            let key = try String(contentsOfFile: house.directory.path + "/key", encoding: .utf8).dropLast()
            let before = try await house.socket.get("/v1/sealing-key")
            #expect(before.json["state"].string == "settled" && before.json["remaining"].int == 0)
            let begun = try await house.socket.post("/v1/sealing-key/rotate", "{}")
            #expect(begun.status == 202 && begun.header("Location") == "/v1/sealing-key")
            #expect(begun.json["state"].string == "rotating" && begun.json["remaining"].int == 2)
            let again = try await house.socket.post("/v1/sealing-key/rotate", "{}")
            #expect(again.status == 409 && again.code == "sealing_key_rotating")
            try await house.steps.sealing.finish()
            let after = try await house.api(as: .viewer).get("/v1/sealing-key")
            #expect(after.json["state"].string == "settled" && after.json["remaining"].int == 0)
            #expect(after.json["keys"].elements.count == 2 && after.json["spare_lines"].int == 0)
            for reply in [before, begun, after] { #expect(!reply.text.contains(key)) }
        }
    }

    @Test("A caller with an API key names a file, not a place; one on the socket may name both")
    func places() async throws {
        try await withHouse { house in
            let admin = try await house.api(as: .admin)
            let path = house.directory.path + "/elsewhere.db"
            let foreign = try await admin.post("/v1/backups", #"{"path":"\#(path)"}"#)
            #expect(foreign.status == 403 && foreign.code == "backup_path_forbidden")
            for name in ["", ".", "..", ".hidden", "../x", "x/", #"a\u0000b"#, #"a\nb"#] {
                let reply = try await house.socket.post("/v1/backups", #"{"path":"\#(name)"}"#)
                #expect(reply.status == 400 && reply.code == "backup_path_invalid", "\(name)")
            }
            let named = try await house.backup(admin, "nightly.db")
            #expect(named["result"]["path"].string == house.directory.path + "/backups/nightly.db")
            #expect(named["result"]["keys"].elements.count == 1)
            let placed = try await house.backup(house.socket, path)
            #expect(placed["result"]["path"].string == path)
            #expect(placed["result"]["size_bytes"].int ?? 0 > 4_096)
            let refused = try await house.backup(house.socket, path)
            #expect(refused["state"].string == "failed" && refused["problem"]["code"].string == "backup_exists")
        }
    }
}

extension House {
    /// Makes a backup and follows the operation to its end.
    fileprivate func backup(_ client: Client, _ path: String) async throws -> JSONValue {
        let begun = try await client.post("/v1/backups", #"{"path":"\#(path)"}"#)
        try #require(begun.status == 202)
        let address = try #require(begun.header("Location"))
        for _ in 0..<5_000 {
            let reply = try await client.get(address)
            if reply.json["state"].string != "running" { return reply.json }
            await Task.yield()
        }
        throw StillRunning()
    }
}
