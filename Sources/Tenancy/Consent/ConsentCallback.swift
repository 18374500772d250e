/// What a browser brought to the consent callback. Nothing of it is signed; anyone can type it.
///
/// Its only way out is ``answer(to:)``, against an attempt that we issued.
/// Source: learn.microsoft.com/entra/identity-platform/v2-admin-consent and observed callbacks.
package struct UnverifiedConsentCallback: Sendable {
    /// Why the query is no answer at all. Nothing was used up.
    package enum Malformed: Error, Equatable { case noState, repeated(String), notAnAnswer, badEncoding }

    package let state: OneTimeState
    private let tenant: String?
    private let saysYes: Bool
    private let error: String?
    private let subcode: String?
    private let aadsts: Int?

    /// Reads a raw query string: `+` is a space, hex digits of either case, unknown parameters are ignored, a
    /// parameter that matters and stands twice is refused.
    package init(query: String) throws(Malformed) {
        try self.init(try CallbackQuery(query))
    }

    init(_ query: CallbackQuery) throws(Malformed) {
        state = Secret(query.state)
        tenant = query["tenant"]
        saysYes = query["admin_consent"]?.lowercased() == "true"
        error = query["error"]
        subcode = query["error_subcode"]
        aadsts = query["error_description"].flatMap(AuthorityCode.leading)
        guard saysYes || error != nil else { throw .notAnAnswer }
        guard error != nil || tenant != nil else { throw .notAnAnswer }
    }

    /// What it claims, held against the attempt. An error wins over `admin_consent=True`, which Entra sends along
    /// with refusals too.
    package func answer(to attempt: ConsentAttempt) -> ConsentAnswer {
        if let error {
            switch aadsts {
            case 650051: return .delayed
            case 90095: return .requested
            // The page for those who may not consent sends them back so, once their request is on its way.
            case _ where subcode == "cancel": return .requested
            case 65004: return .declined(aadsts: 65004)
            case nil where error == "access_denied" || error == "permission_denied": return .declined(aadsts: nil)
            default: return .failed(error: String(error.prefix(60)), aadsts: aadsts)
            }
        }
        guard let tenant = tenant.flatMap({ TenantID($0) }), tenant == attempt.tenant else {
            return .misdirected(tenant.flatMap { TenantID($0) })
        }
        return .approved
    }
}

/// What a callback claims about an attempt of ours.
package enum ConsentAnswer: Sendable, Equatable {
    case approved
    /// Entra could not record it, or has and says otherwise (650051); proof is sought as if approved.
    case delayed
    /// The account may not consent; its request went to those who may.
    case requested
    case declined(aadsts: Int?)
    case failed(error: String, aadsts: Int?)
    /// It names another tenant than the one asked, or none that could be read.
    case misdirected(TenantID?)

    package var outcome: ConsentAttempt.Outcome {
        switch self {
        case .approved: .approved
        case .delayed: .delayed
        case .requested: .requested
        case .declined: .declined
        case .failed: .failed
        case .misdirected: .misdirected
        }
    }

    /// The tenant that answered in another's place.
    package var named: TenantID? {
        if case .misdirected(let tenant) = self { tenant } else { nil }
    }

    package var isMisdirected: Bool { outcome == .misdirected }

    /// What to tell support staff; `nil` when the answer was yes.
    package var note: Fault? {
        switch self {
        case .approved, .delayed: nil
        case .requested:
            Fault(
                code: Fault.requestSent,
                detail: "The account that answered may not consent; it sent a request to the tenant's administrators.",
                whoMustAct: .customerAdmin)
        case .declined(let aadsts):
            Fault(
                code: "declined", detail: "The customer's administrator declined.", whoMustAct: .customerAdmin,
                trace: aadsts.map { AuthorityTrace(aadsts: $0) })
        case .failed(let error, let aadsts):
            Fault(
                code: "consent_failed",
                detail: aadsts.flatMap(AuthorityCode.lookUp)?.meaning
                    ?? "The consent page answered '\(error.filter { $0.utf8.allSatisfy { (0x20...0x7e).contains($0) } })'.",
                whoMustAct: aadsts.flatMap(AuthorityCode.lookUp)?.whoMustAct ?? .customerAdmin,
                trace: aadsts.map { AuthorityTrace(aadsts: $0) })
        case .misdirected(let tenant):
            Fault(
                code: "wrong_tenant",
                detail: tenant.map { "The answer came from tenant \($0), which was not asked." }
                    ?? "The answer names no tenant that can be read.", whoMustAct: .you)
        }
    }
}

extension Fault {
    /// A consent request waits for the tenant's administrators.
    static let requestSent = "request_sent"
    /// Of one who must still sign in to confirm a consent.
    static let administratorMissing = "administrator_missing"
}

extension AuthorityCode {
    /// The number in a text that begins with `AADSTS<digits>`, not followed by a further digit.
    package static func leading(_ description: String) -> Int? {
        guard description.hasPrefix("AADSTS") else { return nil }
        return parse("AADSTS" + description.dropFirst(6).prefix { $0.isASCII && $0.isNumber })
    }
}
