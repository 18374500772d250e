import CurlHTTP
import EntraClient
import Foundation
import NIOCore
import SQLiteStore
import Tenancy
import Testing

/// Rows 17 to 19, 22 and 23 of the faults: an authority that answers, and ought not to be believed.
@Suite("Authority that means no good", .timeLimit(.minutes(1)))
struct HostileReplyTests {
    private static let canary = "kan4rienvogel"
    private static let good = Replies.grant(Replies.jwt)

    // MARK: Garbage

    private struct Garbage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let body: String
        var type = "application/json; charset=utf-8"
        var status = "200 OK"
    }

    @Test(
        "with something that is no grant of a token gives none, and nothing of it is told",
        arguments: [
            Garbage(testDescription: "HTML", body: "<html>\(canary)</html>", type: "text/html"),
            Garbage(testDescription: "HTML that calls itself JSON", body: "<html>\(canary)</html>"),
            Garbage(testDescription: "JSON that calls itself HTML", body: good, type: "text/html"),
            Garbage(testDescription: "an error with success", body: #"{"error":"\#(canary)"}"#),
            Garbage(
                testDescription: "an error beside a token", body: good.dropLast() + #","error":"\#(canary)"}"#),
            Garbage(
                testDescription: "a name twice", body: good.dropLast() + #","access_token":"\#(canary)"}"#),
            Garbage(testDescription: "half of it", body: String(good.prefix(good.utf8.count / 2))),
            Garbage(testDescription: "more behind it", body: good + canary),
            Garbage(testDescription: "nothing", body: "", status: "204 No Content"),
            Garbage(testDescription: "a line break in the token", body: Replies.grant("a.b.c\\r\\nX: \(canary)")),
        ])
    private func garbage(_ garbage: Garbage) async throws {
        let house = try await HostileHouse.with { _, _, connection in
            connection.reply(garbage.body, status: garbage.status, type: garbage.type)
        }
        #expect(await house.trouble(canary: Self.canary) != nil)
        #expect(
            try await house.store.audit.entries(after: 0, limit: 100).allSatisfy { !$0.detail.contains(Self.canary) })
    }

    @Test("with a text that is no JWT gives no token, for nobody can tell whose it is")
    func opaque() async throws {
        let house = try await HostileHouse.with { _, _, connection in connection.reply(Replies.grant("opaque")) }
        #expect(await house.refusal()?.reason == .unreadable)
    }

    @Test("with a redirect is not followed, and the secret goes nowhere else", arguments: [301, 302, 303, 307, 308])
    func redirect(_ status: Int) async throws {
        let sink = try await HostileAuthority(certificate: HostileAuthority.own.value) { _, _, connection in
            connection.reply(Self.good)
        }
        let target = "https://localhost:\(sink.port)/\(tenantID(1))/oauth2/v2.0/token"
        let house = try await HostileHouse.with { _, _, connection in
            connection.reply("", status: "\(status) Elsewhere", headers: "Location: \(target)\r\n")
        }
        #expect(await house.trouble() == "it answered with status \(status)")
        #expect(sink.connectionCount == 0)
    }

    // MARK: Too much

    @Test(
        "with more than 256 KiB, announced or not, or endless headers, is cut off, and its connections are closed",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
        ])
    func tooMuch(_ start: String) async throws {
        let piece = String(repeating: "x", count: 16_000)
        let house = try await HostileHouse.with { _, _, connection in
            connection.write(start)
            connection.flood(start.hasSuffix("\r\n\r\n") ? "3e80\r\n\(piece)\r\n" : "X-Long: \(piece)\r\n")
        }
        let limit = start.hasSuffix("\r\n\r\n") ? 262_144 : 65_536
        #expect(await house.trouble() == "the server's answer is larger than the \(limit) bytes allowed")
        try await house.authority.allEnded()
    }

    @Test("with a body that would unpack to a gigabyte is not unpacked")
    func bomb() async throws {
        // The head of a gzip file, and then what the deflate of zeros looks like.
        let bomb = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xec, 0xc1] + [UInt8](repeating: 0, count: 100_000)
        let house = try await HostileHouse.with { _, _, connection in
            connection.write(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n"
            )
            connection.write(bomb)
        }
        #expect(await house.trouble() == "its answer is JSON of another kind")
        #expect(house.authority.requests.allSatisfy { !$0.head.lowercased().contains("accept-encoding") })
    }

    // MARK: Another's

    @Test(
        "with a token of another tenant, app or API gives none, and records it with the ids of that reply",
        arguments: [
            (Replies.jwt(tenant: 2), "tid"), (Replies.jwt(client: 10), "appid"),
            (Replies.jwt(audience: "https://graph.microsoft.us"), "aud"),
        ])
    func anothers(_ jwt: String, _ claim: String) async throws {
        let ids = "client-request-id: \(guid(6))\r\nx-ms-request-id: \(guid(5))\r\n"
        let house = try await HostileHouse.with { _, _, connection in
            connection.reply(Replies.grant(jwt), headers: ids)
        }
        let error = try #require(await house.refusal())
        #expect(error.reason == .mismatch(claim) && error.problem.code == "token_mismatch")
        #expect(error.trace?.correlationID == guid(6).description)
        let told = try await house.store.audit.entries(after: 0, limit: 100).filter { $0.action == "token.mismatch" }
        #expect(told.count == 1 && told.allSatisfy { $0.detail.contains(guid(6).description) })
        let mismatches = try await house.store.ledger.mismatches(of: house.app.name, since: testTime)
        #expect(mismatches.map(\.claim) == [claim])
        #expect(house.authority.requests.count == 1, "what is wrong is not asked for again in the same call")
    }

    // MARK: Our credential

    private static func refuse(_ code: Int, _ connection: HostileConnection) {
        connection.reply(
            #"{"error":"invalid_client","error_description":"AADSTS\#(code): Expired.","error_codes":[\#(code)]}"#,
            status: "401 Unauthorized")
    }

    @Test("that refuses an expired secret gets the next one from then on, and the refusal is told once")
    func expiredSecret() async throws {
        let house = try await HostileHouse.with { request, _, connection in
            guard request.body.contains("client_secret=second") else { return Self.refuse(7_000_222, connection) }
            for number in 1...20 where request.concerns(number) {
                connection.reply(Replies.grant(Replies.jwt(tenant: number)))
            }
        }
        for number in 1...20 { try await house.token(number) }
        #expect(house.authority.requests.count == 21)
        let told = try await house.store.audit.entries(after: 0, limit: 100)
        #expect(told.count { $0.action == "credential.reject" } == 1)
        #expect(told.contains { $0.detail.contains("AADSTS7000222") })
    }

    @Test("that refuses every credential is asked once for each, and by one caller in five seconds after that")
    func noCredential() async throws {
        let house = try await HostileHouse.with { _, _, connection in Self.refuse(7_000_222, connection) }
        for number in 1...100 {
            let error = await house.refusal(number)
            #expect(error?.reason == .refused(.ourCredential) && error?.trace?.aadsts == 7_000_222)
        }
        #expect(house.authority.requests.count == 2)
        house.clock.advance(5)
        for number in 1...100 { _ = await house.refusal(number) }
        #expect(house.authority.requests.count == 4, "the gate does not stand in the way of the second credential")
        let told = try await house.store.audit.entries(after: 0, limit: 1_000)
        #expect(told.count { $0.action == "credential.reject" } == 2)
    }
}
