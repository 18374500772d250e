/// What an AADSTS code of Microsoft Entra ID means to a daemon app, who must act, and what cures it.
///
/// The numbers are hints: Microsoft changes them without notice, so an unknown one is never taken for a change of
/// consent. Source: learn.microsoft.com/entra/identity-platform/reference-error-codes and observed replies.
package struct AuthorityCode: Sendable, Equatable {
    /// What the code says about the tenant or about us.
    package enum Class: String, Sendable, Codable {
        case consentMissing = "consent_missing"
        case disabledByCustomer = "disabled_by_customer"
        case blockedByPolicy = "blocked_by_policy"
        case tenantInvalid = "tenant_invalid"
        case ourCredential = "our_credential"
        case ourRequest = "our_request"
        case resourceMissing = "resource_missing"
        case declined
        case transient
    }

    package let number: Int
    package let `class`: Class
    package let meaning: String
    package let whoMustAct: WhoMustAct
    package let remedy: String
    /// What to ask of the customer; `nil` when it is not the customer's move.
    package let customerAction: CustomerAction?

    init(
        _ number: Int, _ class: Class, _ meaning: String, _ whoMustAct: WhoMustAct, _ remedy: String,
        asking customerAction: CustomerAction? = nil
    ) {
        self.number = number
        self.class = `class`
        self.meaning = meaning
        self.whoMustAct = whoMustAct
        self.remedy = remedy
        self.customerAction = customerAction
    }

    /// Whether the same request may succeed later though nobody does anything.
    package var isRetryable: Bool { `class` == .transient }

    /// The entry for that number, or `nil` when this version does not know it.
    package static func lookUp(_ number: Int) -> AuthorityCode? {
        catalogue[number]
    }

    /// Every entry, by number.
    package static var all: [AuthorityCode] { catalogue.values.sorted { $0.number < $1.number } }

    /// Reads `AADSTS7000222`, `aadsts7000222` or `7000222`.
    package static func parse(_ text: String) -> Int? {
        let digits = text.uppercased().hasPrefix("AADSTS") ? text.dropFirst(6) : text[...]
        guard !digits.isEmpty, digits.utf8.count <= 9, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(digits)
    }

    private static let catalogue = Dictionary(uniqueKeysWithValues: entries.map { ($0.number, $0) })
}
