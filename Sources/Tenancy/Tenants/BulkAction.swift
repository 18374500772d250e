import FoundationEssentials

/// What is done to every tenant of a selection.
package enum BulkAction: Sendable, Equatable {
    case change(TenantChange)
    /// A consent link for each, which lives that many seconds.
    case link(AppName, lifeInSeconds: Int)

    package enum Verb: String, Sendable, Codable, CaseIterable {
        case tag, pause, resume, quarantine, link
    }

    package var verb: Verb {
        switch self {
        case .change(.enter(.paused, _)): .pause
        case .change(.enter(.quarantined, _)): .quarantine
        case .change(.enter): .resume
        case .change: .tag
        case .link: .link
        }
    }

    /// As it is kept with a plan, and as a plan tells it.
    package var json: JSONValue {
        var members: [String: JSONValue] = ["action": .string(verb.rawValue)]
        switch self {
        case .change(.edit(_, let set, let remove)):
            members["set"] = .object(set.mapValues { .string($0) })
            members["remove"] = .array(remove.sorted().map { .string($0) })
        case .change(.enter(_, let reason)): members["reason"] = reason.map { .string($0) }
        case .link(let app, let life):
            members["app"] = .string(app.description)
            members["expires_in_s"] = .number(Decimal(life))
        }
        return .object(members)
    }

    /// Reads what ``json`` wrote.
    package init?(_ json: JSONValue) {
        guard case .object(let members) = json, case .string(let word)? = members["action"],
            let verb = Verb(rawValue: word)
        else { return nil }
        func text(_ name: String) -> String? { if case .string(let text)? = members[name] { text } else { nil } }
        switch verb {
        case .tag:
            guard case .object(let set)? = members["set"], case .array(let remove)? = members["remove"] else {
                return nil
            }
            func text(_ value: JSONValue) -> String? { if case .string(let text) = value { text } else { nil } }
            self = .change(
                .edit(name: nil, set: set.compactMapValues(text), remove: Set(remove.compactMap(text))))
        case .pause: self = .change(.enter(.paused, reason: text("reason")))
        case .quarantine: self = .change(.enter(.quarantined, reason: text("reason")))
        case .resume: self = .change(.enter(.active, reason: text("reason")))
        case .link:
            guard let app = text("app").flatMap({ AppName($0) }), case .number(let life)? = members["expires_in_s"],
                let seconds = Int("\(life)")
            else { return nil }
            self = .link(app, lifeInSeconds: seconds)
        }
    }
}
