package import FoundationEssentials

/// The name of a saved group: 1 to 40 characters of `a-z 0-9 -`.
package struct GroupName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        // The same alphabet as an app's name.
        guard AppName(text) != nil else { return nil }
        description = text
    }

    package static func < (left: GroupName, right: GroupName) -> Bool { left.description < right.description }
}

/// A name for a selector. Who is in it is asked anew each time.
package struct TenantGroup: Sendable, Equatable {
    package let name: GroupName
    package let selector: Selector
    package let createdAt: Date

    package init(name: GroupName, selector: Selector, createdAt: Date) {
        self.name = name
        self.selector = selector
        self.createdAt = createdAt
    }

    /// So many terms and alternatives at most, with those of the groups that it names: the bound of one statement.
    package static let largest = 200
}

/// Remembers groups. Every method is one transaction.
///
/// A group may name only groups that exist, and none that is named by another can go: so there are no circles.
package protocol GroupStore: Sendable {
    /// Adds the group with its event and audit entry, durably.
    ///
    /// - Throws: ``GroupError`` with `alreadyExists`, `unknown` (a group that it names) or `tooLarge`.
    func create(_ group: TenantGroup, by actor: Actor) async throws(GroupError)

    func group(_ name: GroupName) async throws(StoreError) -> TenantGroup?

    /// Every group, by name.
    func groups() async throws(StoreError) -> [TenantGroup]

    /// - Throws: ``GroupError`` with `unknown` or `inUse`.
    func delete(_ name: GroupName, at now: Date, by actor: Actor) async throws(GroupError)
}

/// Why a group was not made or deleted. Nothing was changed.
package enum GroupError: ExplainedError, Equatable {
    case invalidName(String)
    case alreadyExists(GroupName)
    case unknown(GroupName)
    case tooLarge(GroupName)
    case inUse(GroupName, by: GroupName)
    case store(StoreError)

    package var problem: Problem {
        switch self {
        case .invalidName(let text):
            Problem(
                .invalid, code: "group_name_invalid", detail: "'\(text.prefix(60))' cannot be a group's name.",
                nextStep: "Use 1 to 40 characters of a-z, 0-9 and '-'.")
        case .alreadyExists(let name):
            Problem(
                .conflict, code: "group_exists", detail: "There is a group '\(name)' already.",
                nextStep: "Delete it first, or choose another name.")
        case .unknown(let name):
            Problem(
                .notFound, code: "group_unknown", detail: "There is no group '\(name)'.",
                nextStep: "See `tenantry group list`.")
        case .tooLarge(let name):
            Problem(
                .invalid, code: "group_too_large",
                detail: "Group '\(name)', with the groups it names, has more than \(TenantGroup.largest) terms.",
                nextStep: "Give the tenants a tag, and select by that.")
        case .inUse(let name, let user):
            Problem(
                .conflict, code: "group_in_use", detail: "Group '\(name)' is named by group '\(user)'.",
                nextStep: "Delete that one first.")
        case .store(let error): error.problem
        }
    }
}
