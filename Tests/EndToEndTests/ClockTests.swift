import FoundationEssentials
import Testing

/// The service under libfaketime, which moves the time of day and leaves the clock that never steps alone, as a
/// machine does whose clock is set.
@Suite("A clock that is set", .timeLimit(.minutes(10)))
struct ClockTests {
    /// The loader passes over a library that is missing, and every test here would pass without a step. Debian keeps it
    /// under the name of the architecture.
    private func library() throws -> String {
        let folders = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib")
        let paths = folders.sorted().map { "/usr/lib/\($0)/faketime/libfaketime.so.1" }
        return try #require(
            paths.first(where: FileManager.default.fileExists),
            "libfaketime is not installed (apt-get install libfaketime)")
    }

    private func begin(
        _ customer: Customer, _ body: (Journey, Service, _ step: (String) async throws -> Void) async throws -> Void
    ) async throws {
        try await Journey.begin(Scenario(customer)) { journey in
            let file = try journey.file("time", "+0")
            try await journey.initialise()
            let service = try await journey.serve(environment: [
                "LD_PRELOAD": try library(), "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            ])
            try await journey.addApp()
            try await journey.tenantry("tenant", "add", customer.domain)
            #expect(try await journey.consent(customer, through: service) == "granted")
            try await body(journey, service) { try await journey.put($0, at: file) }
        }
    }

    /// - Parameter step: by how many seconds the service's time of day is ahead of this process's.
    private func token(_ service: Service, after step: TimeInterval) async throws -> String {
        let reply = try await service.ask("POST", "/tokens", ["tenant": "contoso.example"])
        try #require(reply.status == 200, "\(reply.body)")
        let life = try reply.json["expires_in"].int ?? -1
        #expect((0...5_400).contains(life), "the life that is left, whatever the date says")
        let end = try Date(try reply.json["expires_at"].text, strategy: .iso8601)
        let expected = Date() + step + TimeInterval(life)
        #expect(abs(end.timeIntervalSince(expected)) < 120, "\(end) by a clock that is \(step) s ahead")
        return try reply.json["access_token"].text
    }

    @Test("asks nobody for a new token, forth or back, and says truly how long the one there is lives")
    func steps() async throws {
        try await begin(.contoso) { journey, service, step in
            let first = try await token(service, after: 0)
            let asked = try await journey.world.requests("token", of: .contoso).count
            let steps: [(String, TimeInterval)] = [
                ("+1h", 3_600), ("-1h", -3_600), ("-30d", -30 * 86_400), ("+2h", 7_200), ("+0", 0),
            ]
            for (offset, seconds) in steps {
                try await step(offset)
                #expect(try await token(service, after: seconds) == first, "after a step to \(offset)")
            }
            #expect(try await journey.world.requests("token", of: .contoso).count == asked)
            // A month on, routine looks at the consent are due, which fetch tokens of their own.
            try await step("+30d")
            _ = try await token(service, after: 30 * 86_400)
        }
    }

    @Test("back keeps no token alive that has expired")
    func expired() async throws {
        try await begin(.contoso.with("token_lifetime_seconds", 4)) { journey, service, step in
            let first = try await token(service, after: 0)
            try await step("-1h")
            _ = try await eventually("the token has ended") {
                try await token(service, after: -3_600) == first ? nil : true
            }
        }
    }

    @Test("and a restart make a stored token of unknown age one that is fetched anew")
    func restart() async throws {
        try await begin(.contoso) { journey, service, _ in
            let first = try await token(service, after: 0)
            #expect(try await service.stop() == 0)
            let again = try await journey.serve(environment: ["LD_PRELOAD": try library(), "FAKETIME": "-5m"])
            // Microsoft's clock is right, so the secret is taken and a token comes.
            #expect(try await token(again, after: -300) != first)
        }
    }
}
