import FoundationEssentials
import Testing

/// The service under libfaketime, which moves the time of day and leaves the clock that never steps alone, as a
/// machine does whose clock is set.
@Suite("A clock that is set", .timeLimit(.minutes(10)))
struct ClockTests {
    private static let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"

    private func begin(
        _ customer: Customer, _ body: (Journey, Service, _ step: (String) async throws -> Void) async throws -> Void
    ) async throws {
        try await Journey.begin(Scenario(customer)) { journey in
            let file = try journey.file("time", "+0")
            try await journey.initialise()
            let service = try await journey.serve(environment: [
                "LD_PRELOAD": Self.library, "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            ])
            try await journey.addApp()
            try await journey.tenantry("tenant", "add", customer.domain)
            #expect(try await journey.consent(customer, through: service) == "granted")
            try await body(journey, service) { try await journey.put($0, at: file) }
        }
    }

    private func token(_ service: Service) async throws -> String {
        let reply = try await service.ask("POST", "/tokens", ["tenant": "contoso.example"])
        try #require(reply.status == 200, "\(reply.body)")
        let life = try reply.json["expires_in"].int ?? -1
        #expect((0...5_400).contains(life), "the life that is left, whatever the date says")
        return try reply.json["access_token"].text
    }

    @Test("asks nobody for a new token, forth or back, and says truly how long the one there is lives")
    func steps() async throws {
        try await begin(.contoso) { journey, service, step in
            let first = try await token(service)
            let asked = try await journey.world.requests("token", of: .contoso).count
            for offset in ["+1h", "-1h", "-30d", "+2h", "+0"] {
                try await step(offset)
                #expect(try await token(service) == first, "after a step to \(offset)")
            }
            #expect(try await journey.world.requests("token", of: .contoso).count == asked)
            // A month on, routine looks at the consent are due, which fetch tokens of their own.
            try await step("+30d")
            _ = try await token(service)
        }
    }

    @Test("back keeps no token alive that has expired")
    func expired() async throws {
        try await begin(.contoso.with("token_lifetime_seconds", 4)) { journey, service, step in
            let first = try await token(service)
            try await step("-1h")
            _ = try await eventually("the token has ended") { try await token(service) == first ? nil : true }
        }
    }

    @Test("and a restart make a stored token of unknown age one that is fetched anew")
    func restart() async throws {
        try await begin(.contoso) { journey, service, _ in
            let first = try await token(service)
            #expect(try await service.stop() == 0)
            let again = try await journey.serve(environment: ["LD_PRELOAD": Self.library, "FAKETIME": "-5m"])
            // Microsoft's clock is right, so the secret is taken and a token comes.
            #expect(try await token(again) != first)
        }
    }
}
