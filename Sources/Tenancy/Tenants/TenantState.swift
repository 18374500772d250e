/// Whether a tenant is worked for.
package enum TenantState: String, Sendable, Codable, CaseIterable {
    case active
    /// No jobs for a while, for a reason of ours or the customer's.
    case paused
    /// No jobs until somebody has understood what is wrong with it.
    case quarantined
    /// Reserved: its customer is leaving.
    case leaving
    /// Reserved: its customer has left.
    case gone
}
