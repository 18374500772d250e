import EntraEmulator
import Foundation
import NIOCore
import Synchronization
import Testing

@Suite("Variation")
struct VariationTests {
    private static let varying = ChaosConfiguration(seed: 7, isVarying: true)

    /// The names of members in the order they were sent.
    private func names(_ reply: Reply) -> [String] {
        reply.text.matches(of: /"([^"]+)":/).map { String($0.output.1) }
    }

    private func document(_ cloud: TestCloud) async throws -> Reply {
        try await cloud.wire.get("\(cloud.login)/contoso.example/v2.0/.well-known/openid-configuration")
    }

    @Test("Members come in many orders, with strangers among them, and all are there")
    func members() async throws {
        try await TestCloud.run(chaos: Self.varying) { cloud in
            var orders: Set<[String]> = []
            for _ in 1...10 {
                let reply = try await document(cloud)
                orders.insert(names(reply))
                #expect(
                    reply.json["token_endpoint"] as? String
                        == "\(cloud.login)/\(TestCloud.contoso)/oauth2/v2.0/token")
            }
            #expect(orders.count == 10)
            #expect(orders.contains { $0.contains("x_emulated_hint") })
        }
    }

    @Test("The same seed varies the same way, another seed another way")
    func seed() async throws {
        let seen = Mutex<[[[String]]]>([])
        for seed: UInt32 in [7, 7, 8] {
            try await TestCloud.run(chaos: ChaosConfiguration(seed: seed, isVarying: true)) { cloud in
                var orders: [[String]] = []
                for _ in 1...3 { orders.append(names(try await document(cloud))) }
                seen.withLock { $0.append(orders) }
            }
        }
        let orders = seen.withLock { $0 }
        #expect(orders[0] == orders[1])
        #expect(orders[0] != orders[2])
    }

    @Test("Tokens are as good as ever, and their lifetime is spelt as a number or a text")
    func tokens() async throws {
        try await TestCloud.run(chaos: Self.varying) { cloud in
            _ = try await cloud.consent(decision: "approve")
            var numbers = 0
            var texts = 0
            for _ in 1...30 {
                let reply = try await cloud.token()
                #expect((reply.claims["roles"] as? [String])?.count == 2)
                if reply.json["expires_in"] as? Int == 3599 { numbers += 1 }
                if reply.json["expires_in"] as? String == "3599" { texts += 1 }
            }
            #expect(numbers > 0 && texts > 0)
            #expect(numbers + texts == 30)
        }
    }

    @Test("An error keeps its code and varies its words")
    func errors() async throws {
        try await TestCloud.run(chaos: Self.varying) { cloud in
            var sentences: Set<Substring> = []
            for _ in 1...20 {
                let reply = try await cloud.token()
                #expect(reply.code == 7_000_229)
                #expect(reply.status == 401)
                let text = try #require(reply.json["error_description"] as? String)
                #expect(text.hasPrefix("AADSTS7000229: "))
                #expect(text.contains("Trace ID: \(reply.json["trace_id"] as? String ?? "?")"))
                sentences.insert(text.dropFirst(15).prefix(20))
            }
            #expect(sentences.count > 2)
        }
    }

    @Test("Callbacks keep what they say, whatever stands around it")
    func callbacks() async throws {
        try await TestCloud.run(chaos: Self.varying) { cloud in
            var orders: Set<[String]> = []
            for _ in 1...12 {
                let address = try #require(try await cloud.consent(decision: "approve")["callback"] as? String)
                let fields = callbackFields(address)
                #expect(fields["admin_consent"] == "True")
                #expect(fields["tenant"] == TestCloud.contoso)
                #expect(fields["state"] == "st-1")
                #expect(fields["error"] == nil)
                orders.insert(address.matches(of: /[?&]([a-z_]+)=/).map { String($0.output.1) })
            }
            #expect(orders.count > 4)
        }
    }

    @Test("Header names come in every case")
    func headers() async throws {
        try await TestCloud.run(chaos: Self.varying) { cloud in
            var spellings: Set<String> = []
            for _ in 1...20 {
                let url = "\(cloud.login)/contoso.example/v2.0/.well-known/openid-configuration"
                let text = String(decoding: try await cloud.wire.exchange("GET", url).get(), as: UTF8.self)
                for match in text.matches(of: /(?i)cache-control/) { spellings.insert(String(match.output)) }
            }
            #expect(spellings == ["Cache-Control", "cache-control", "CACHE-CONTROL"])
        }
    }

    @Test("Some replies are the last on their connection, and say so")
    func lastReplies() async throws {
        let (ended, whenEnded) = AsyncStream<Data>.makeStream()
        try await TestCloud.run(chaos: Self.varying) { cloud in
            let url = "\(cloud.login)/contoso.example/v2.0/.well-known/openid-configuration"
            for _ in 1...40 {
                try await cloud.wire.exchange("GET", url, keepAlive: true).whenSuccess { whenEnded.yield($0) }
            }
            for await data in ended.prefix(1) {
                let reply = try Reply(wire: data)
                #expect(reply.header("connection") == "close")
                #expect(reply.status == 200)
                #expect(reply.json["issuer"] is String)
            }
        }
    }

    @Test("Without variation the same request is answered the same way")
    func none() async throws {
        try await TestCloud.run { cloud in
            let first = try await document(cloud)
            for _ in 1...5 { #expect(try await document(cloud).body == first.body) }
        }
    }

    @Test("What is written out word for word stays so")
    func literal() async throws {
        try await TestCloud.run(chaos: Self.varying) { cloud in
            for _ in 1...5 {
                _ = try await cloud.wire.control(
                    "POST", "/faults", ["endpoint": "token", "status": 418, "body": #"{"expires_in":3599,"b":1}"#])
                #expect(try await cloud.token().text == #"{"expires_in":3599,"b":1}"#)
            }
        }
    }
}
