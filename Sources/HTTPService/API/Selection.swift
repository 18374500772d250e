import FoundationEssentials
import Hummingbird
import Tenancy

/// Whom a request means: `selector`, and the app whose connections it asks about.
struct Selection {
    let selector: Selector
    /// `nil` where the selector asks nothing about consent.
    let app: AppName?
}

extension Steps {
    /// Reads a selector and settles the app that it asks about.
    ///
    /// - Throws: ``SelectorError``; ``RequestError`` or ``GroupError`` for what it names and is not there.
    func selection(_ text: String?, app name: String?) async throws -> Selection {
        try await selection(try Selector(parsing: text ?? ""), app: name)
    }

    func selection(_ selector: Selector, app name: String?) async throws -> Selection {
        var asks = selector.asksAboutConsent
        for name in selector.groups.sorted() {
            guard let group = try await stores.groups.group(name) else { throw GroupError.unknown(name) }
            if try await asksAboutConsent(group) { asks = true }
        }
        guard asks || name != nil else { return Selection(selector: selector, app: nil) }
        return Selection(selector: selector, app: try await registrar.app(named: name).name)
    }

    private func asksAboutConsent(_ group: TenantGroup) async throws -> Bool {
        if group.selector.asksAboutConsent { return true }
        for name in group.selector.groups {
            guard let inner = try await stores.groups.group(name) else { throw GroupError.unknown(name) }
            if try await asksAboutConsent(inner) { return true }
        }
        return false
    }
}

extension Request {
    /// `selector`, narrowed by `state`, `who_must_act` and `q`, where they are given.
    func selector() throws -> Selector {
        var conditions: [Selector.Condition] = []
        if let state = parameter("state") {
            conditions.append(.consent(try choices(state, "state")))
        }
        if let mover = parameter("who_must_act") {
            conditions.append(.mover(try choices(mover, "who_must_act")))
        }
        if let text = parameter("q"), !text.isEmpty {
            guard text.count <= 200 else { throw RequestError.parameter("q", rule: "up to 200 characters") }
            conditions.append(.text(text))
        }
        return try Selector(parsing: parameter("selector") ?? "").and(conditions)
    }

    /// One or several of a fixed list, separated by bars.
    private func choices<Value: RawRepresentable & CaseIterable & Hashable>(
        _ text: String, _ name: String
    ) throws(RequestError) -> [Value] where Value.RawValue == String {
        let values = text.split(separator: "|", omittingEmptySubsequences: false).map { Value(rawValue: String($0)) }
        let known = values.compactMap { $0 }
        guard known.count == values.count else {
            throw .parameter(name, rule: Value.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return Set(known).sorted { $0.rawValue < $1.rawValue }
    }
}
