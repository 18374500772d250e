import Testing

/// A link that was made for a customer.
struct ConsentLink: Sendable {
    /// The page that is sent to the customer.
    let page: String
    /// Microsoft's page.
    let url: String
    /// What the answer must bring back.
    let state: String
}

extension Journey {
    func link(_ customer: Customer, _ words: String...) async throws -> ConsentLink {
        let made = try await tenantry(["consent", "link", customer.id, "-o", "json"] + words).json
        let url = made["admin_consent_url"].text
        let state = url.split(separator: "&").first { $0.hasPrefix("state=") }?.dropFirst(6) ?? ""
        try #require(state.count >= 22, "the state has at least 128 bits: \(url)")
        return ConsentLink(page: made["link"].text, url: url, state: String(state))
    }

    /// The whole way of consent: the link, the administrator, the callback, the proof.
    ///
    /// - Returns: the state at the end.
    @discardableResult
    func consent(_ customer: Customer, through service: Service) async throws -> String {
        let callback = try await world.answer(try await link(customer).url)
        let reply = try await service.visit(callback)
        #expect(reply.status == 303)
        return try await settled(customer, in: service)["state"].text
    }

    /// Where the tenant stands, as soon as no further look at its authority is due.
    func settled(_ customer: Customer, in service: Service) async throws -> JSON {
        try await eventually("the proof for \(customer.domain) is found or given up") {
            let status = try await service.ask("GET", "/tenants/\(customer.id)/consent").json
            return status["next_check_at"] == .null ? status : nil
        }
    }

    /// Events of the tenant's consent, oldest first, as the command line tells them.
    func events(of customer: Customer, _ type: String = "consent.*") async throws -> [JSON] {
        try await tenantry("event", "list", "--tenant", customer.id, "--type", type, "-o", "json").json.items
    }

    /// Eight days pass while nobody looks; then every routine look is due, and taken.
    ///
    /// - Parameter customers: whose look is waited for.
    /// - Returns: the service, started again.
    func eightDaysPass(_ service: Service, untilSeen customers: Customer...) async throws -> Service {
        var seen: [String: String] = [:]
        for customer in customers {
            let status = try await service.ask("GET", "/tenants/\(customer.id)/consent").json
            seen[customer.id] = status["evidence_at"].text
        }
        #expect(try await service.stop() == 0)
        try await alterDatabase(
            """
            UPDATE connection SET recheck_due = recheck_due - 691200000;
            UPDATE evidence SET seen_at = seen_at - 691200000;
            """)
        let service = try await serve()
        for customer in customers {
            let before = seen[customer.id] ?? ""
            _ = try await eventually("the look at \(customer.domain) is taken") {
                // Instants of one length sort as texts.
                let status = try await service.ask("GET", "/tenants/\(customer.id)/consent").json
                return status["evidence_at"].text >= before ? true : nil
            }
        }
        return service
    }

    /// The state of the tenant's consent, as the command line tells it.
    func state(_ customer: Customer) async throws -> String {
        try await tenantry("consent", "status", customer.id, "-o", "json").json["state"].text
    }
}

/// Waits for what gives no signal: asks again and again until there is an answer.
func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(45), sourceLocation: SourceLocation = #_sourceLocation,
    _ look: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if let value = try await look() { return value }
        try await Task.sleep(for: .milliseconds(50))
    }
    return try #require(try await look(), "in time: \(what)", sourceLocation: sourceLocation)
}
