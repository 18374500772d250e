package import FoundationEssentials

/// The unguessable id of a consent link: 160 bits, 32 characters of Base32. Part of the page's address.
package struct AttemptID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        guard text.utf8.count == 32, Base32.isEncoded(text) else { return nil }
        description = text
    }

    package init(_ randomness: Randomness) {
        description = Base32.encode(randomness.bytes(20))
    }
}

/// The `state` parameter of one admin-consent request. Whoever holds it can answer once, so it is a secret.
package typealias OneTimeState = Secret<String>

/// One admin-consent link: everything about it is pinned when it is made.
package struct ConsentAttempt: Sendable, Equatable {
    /// What came back last.
    package enum Outcome: String, Sendable {
        case approved
        /// Entra could not record the yes (650051), or has and did not say so: it is looked for, and can be repeated.
        case delayed
        /// The account that answered may not consent, and sent a request to those who may.
        case requested
        case declined, failed, misdirected
        /// The operator took the link back.
        case cancelled

        /// Whether the link is used up. A no, or a slip, leaves it as it was: whoever may consent can still do so, and
        /// a forged no takes nothing from the customer.
        package var isFinal: Bool {
            switch self {
            case .approved, .cancelled: true
            case .delayed, .requested, .declined, .failed, .misdirected: false
            }
        }
    }

    package let id: AttemptID
    package let tenant: TenantID
    package let app: AppName
    /// The release it asks for.
    package let release: Int
    package let redirectURI: String
    package let createdAt: Date
    package let expiresAt: Date
    /// `nil` while nothing came back.
    package let outcome: Outcome?
    package let answeredAt: Date?
    /// The tenant that a misdirected answer named.
    package let named: TenantID?
    /// Object id of the administrator who signed in after saying yes.
    package let administrator: GUID?
    package let campaign: String?

    package init(
        id: AttemptID, tenant: TenantID, app: AppName, release: Int, redirectURI: String, createdAt: Date,
        expiresAt: Date, outcome: Outcome? = nil, answeredAt: Date? = nil, named: TenantID? = nil,
        administrator: GUID? = nil, campaign: String? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.app = app
        self.release = release
        self.redirectURI = redirectURI
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.outcome = outcome
        self.answeredAt = answeredAt
        self.named = named
        self.administrator = administrator
        self.campaign = campaign
    }

    /// Whether it can still be answered at that instant.
    package func isOpen(at now: Date) -> Bool { outcome?.isFinal != true && now < expiresAt }

    /// Whether it was said yes to.
    package var isApproved: Bool { outcome == .approved || outcome == .delayed }
}
