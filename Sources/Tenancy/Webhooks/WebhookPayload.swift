import FoundationEssentials

/// The body of a message: `type`, `timestamp` and `data`, as the specification has it.
///
/// `data` holds what the event tells, with its sequence number, tenant, app and actor. Events hold no secret.
struct WebhookPayload {
    let type: String
    let at: Date
    let data: [String: JSONValue]

    init(type: String, at: Date, data: [String: JSONValue]) {
        self.type = type
        self.at = at
        self.data = data
    }

    init(_ event: Event) {
        var data: [String: JSONValue] = [:]
        if case .object(let members) = event.data { data = members }
        data["sequence"] = .number(Decimal(event.sequence))
        data["actor"] = .string(event.actor)
        if let tenant = event.tenant { data["tenant"] = .string(tenant.description) }
        if let app = event.app { data["app"] = .string(app.description) }
        self.init(type: event.type, at: event.at, data: data)
    }

    /// One line, members by name: the same event gives the same bytes.
    func text() throws(StoreError) -> String {
        let whole: JSONValue = .object([
            "type": .string(type), "timestamp": .string(at.formatted(.iso8601)), "data": .object(data),
        ])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(whole) else { throw .unavailable("an event cannot be written as JSON") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
