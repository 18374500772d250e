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
