/// Types of events: one by its name, `consent.granted`; all of a noun, `consent.*`; or all, `*`.
package struct EventPattern: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// `nil` for what can name no type.
    package init?(_ text: String) {
        let name = text == "*" ? "" : text.hasSuffix(".*") ? String(text.dropLast(2)) : text
        guard text == "*" || !name.isEmpty, text.utf8.count <= 100, !name.hasPrefix("."), !name.hasSuffix("."),
            name.utf8.allSatisfy({
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2E
            })
        else { return nil }
        description = text
    }

    /// Every type.
    package static var all: EventPattern { EventPattern(known: "*") }

    private init(known: String) { description = known }

    /// What the types begin with; `nil` when one type is meant.
    package var prefix: String? { description.hasSuffix("*") ? String(description.dropLast()) : nil }

    package func matches(_ type: String) -> Bool { prefix.map { type.hasPrefix($0) } ?? (type == description) }
}

/// Which events somebody wants to see.
package struct EventFilter: Sendable, Equatable {
    package let tenant: TenantID?
    package let type: EventPattern?

    package init(tenant: TenantID? = nil, type: EventPattern? = nil) {
        self.tenant = tenant
        self.type = type
    }
}
