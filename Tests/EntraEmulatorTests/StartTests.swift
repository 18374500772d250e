import EntraEmulator
import Foundation
import NIOCore
import Testing

@Suite("Start and stop")
struct StartTests {
    private func configuration(control: String = "127.0.0.1:0") throws -> EmulatorConfiguration {
        EmulatorConfiguration(
            control: try #require(ListenAddress(control)), logger: TestCloud.silent)
    }

    @Test(
        "The control plane listens on loopback only",
        arguments: ["0.0.0.0:0", "192.0.2.1:80", "example.com:1", "[::]:0"])
    func loopbackOnly(address: String) throws {
        let configuration = try configuration(control: address)
        let error = #expect(throws: EmulatorStartError.self) { try Emulator(configuration) }
        #expect(error?.description.contains("loopback") == true)
    }

    @Test("A port in use is named in one sentence")
    func portInUse() async throws {
        try await Emulator(configuration()).run { addresses in
            let taken = String(addresses.control.dropFirst("http://".count))
            let second = try Emulator(configuration(control: taken))
            let error = await #expect(throws: EmulatorStartError.self) { try await second.run { _ in } }
            #expect(error?.description == "Listening on \(taken) failed: the port is in use by another program.")
        }
    }

    @Test("The authority's certificate is written before anything answers")
    func caFile() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "ca-\(UUID().uuidString).pem").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        var configuration = try configuration()
        configuration.caFile = file
        try await Emulator(configuration).run { addresses in
            #expect(addresses.caFile == file)
            #expect(try String(contentsOfFile: file, encoding: .utf8) == addresses.caCertificate)
            let line = try JSONSerialization.jsonObject(with: Data(addresses.json.utf8)) as? [String: Any]
            #expect(line?["ca_file"] as? String == file)
            #expect(line?["chaos_seed"] as? Int == 1)
            #expect((line?["login"] as? String)?.hasPrefix("https://localhost:") == true)
            #expect((line?["control"] as? String)?.hasPrefix("http://127.0.0.1:") == true)
        }
    }

    @Test("A file that cannot be written is named")
    func unwritable() async throws {
        var configuration = try configuration()
        configuration.caFile = "/nonexistent/ca.pem"
        let emulator = try Emulator(configuration)
        let error = await #expect(throws: EmulatorStartError.self) { try await emulator.run { _ in } }
        #expect(error?.description.contains("/nonexistent/ca.pem") == true)
    }

    @Test("Two emulators share nothing, not even keys")
    func isolation() async throws {
        try await TestCloud.run { first in
            let token = try await first.grantedToken()
            try await Emulator(configuration()).run { addresses in
                let second = try WireClient(addresses)
                let headers = [("Authorization", "Bearer \(token)")]
                #expect(try await second.get("\(addresses.graph)/v1.0/organization", headers: headers).status == 401)
                await #expect(throws: (any Error).self) { try await second.get("\(first.graph)/v1.0/organization") }
            }
        }
    }

    @Test("A client that keeps its connections does not keep the emulator from stopping")
    func keptConnections() async throws {
        let (stream, open) = AsyncStream<EventLoopFuture<Data>>.makeStream()
        try await TestCloud.run { cloud in
            let health = "\(cloud.wire.addresses.control)/control/health"
            for url in ["\(cloud.login)/contoso.example/v2.0/.well-known/openid-configuration", health] {
                open.yield(try await cloud.wire.exchange("GET", url, keepAlive: true))
            }
            var isRecorded = false
            while !isRecorded {
                let requests = try await cloud.wire.control("GET", "/requests").json["requests"] as? [Any]
                isRecorded = requests?.isEmpty == false
            }
        }
        for await future in stream.prefix(2) { #expect(try await Reply(wire: future.get()).status == 200) }
    }

    @Test(
        "Words that are no address are refused",
        arguments: ["", "localhost", "localhost:", ":1", "a:b", "h:70000", "::1:80", "a/b:1"])
    func badAddress(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test("A process that cannot start ends with 1")
    func exitCode() async {
        let launch = EmulatorLaunch(
            scenarioFile: "/nonexistent/scenario.json", login: "127.0.0.1:0", graph: "127.0.0.1:0",
            control: "127.0.0.1:0", caFile: nil, readyFile: nil, isQuiet: true)
        #expect(await launch.run() == 1)
    }
}
