/// How one tenant stands to the service principal of a resource, where that is not as usual.
struct ResourceCondition: Sendable {
    enum State: String, Sendable, CaseIterable {
        case available
        /// The subscription lapsed, or an administrator switched it off.
        case disabled
        /// The tenant never had it.
        case missing
        /// It serves only applications that have a role of it (`appRoleAssignmentRequired`).
        case assignmentRequired = "assignment_required"
    }

    /// The resource as clients spell it.
    let name: String
    let state: State
}
