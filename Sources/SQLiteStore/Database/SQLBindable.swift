import FoundationEssentials
import Tenancy

/// A value as SQLite keeps it in a STRICT table.
enum SQLValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])
}

/// What can be bound to a placeholder.
///
/// Identifiers are kept as text, so that support staff can read the tables.
protocol SQLBindable: Sendable {
    var sqlValue: SQLValue { get }
}

extension Int: SQLBindable { var sqlValue: SQLValue { .integer(Int64(self)) } }
extension Int64: SQLBindable { var sqlValue: SQLValue { .integer(self) } }
extension String: SQLBindable { var sqlValue: SQLValue { .text(self) } }
extension [UInt8]: SQLBindable { var sqlValue: SQLValue { .blob(self) } }
extension Date: SQLBindable { var sqlValue: SQLValue { .integer(milliseconds) } }
extension Optional: SQLBindable where Wrapped: SQLBindable {
    var sqlValue: SQLValue { map(\.sqlValue) ?? .null }
}

extension GUID: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension TenantID: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension ClientID: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension TenantDomain: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension AppName: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension Resource: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension AttemptID: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension CampaignID: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension CredentialID: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension APIKeyID: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension WebhookID: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension WebhookURL: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension RunID: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension GroupName: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension Selector: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension BulkPlanID: SQLBindable { var sqlValue: SQLValue { .text(description) } }
extension GraphPath: SQLBindable { var sqlValue: SQLValue { .text(description) } }

extension SQLBindable where Self: RawRepresentable, RawValue == String {
    var sqlValue: SQLValue { .text(rawValue) }
}
extension Cloud: SQLBindable {}
extension TenantState: SQLBindable {}
extension Audience: SQLBindable {}
extension AdministratorRequirement: SQLBindable {}
extension CampaignState: SQLBindable {}
extension CredentialKind: SQLBindable {}
extension Credential.State: SQLBindable {}
extension Rotation.Step: SQLBindable {}
extension ConnectionState: SQLBindable {}
extension PendingCheck.Reason: SQLBindable {}
extension ConsentAttempt.Outcome: SQLBindable {}
extension Evidence.Check: SQLBindable {}
extension OperatorRole: SQLBindable {}
extension RunState: SQLBindable {}
extension Webhook.Ending: SQLBindable {}
extension WebhookDelivery.State: SQLBindable {}
extension ItemState: SQLBindable {}
extension WhoMustAct: SQLBindable {}

extension Date {
    /// Whole milliseconds since 1970, rounded down, so that `stored <= now` and `now < stored` mean the same of
    /// stored and of unrounded instants.
    ///
    /// A double near the present is exact to a quarter of a microsecond only; without the microsecond added, an
    /// instant that was read back would be stored a millisecond earlier each time.
    var milliseconds: Int64 {
        let value = (timeIntervalSince1970 * 1_000 + 0.001).rounded(.down)
        return Int64(exactly: value) ?? (value < 0 ? .min : .max)
    }

    init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1_000)
    }
}
