/// What becomes of a consent link sent to a tenant, when its administrator does as is their habit.
enum TenantOutcome: String, CaseIterable {
    /// Consent, and tokens with the roles.
    case granted
    /// The first attempt fails, and one after it does not.
    case grantedAfterRetry = "granted_after_retry"
    /// The callback says that consent failed, and it did not.
    case grantedDespiteError = "granted_despite_error"
    case grantedThenRevoked = "granted_then_revoked"
    case declined
    /// The account may not consent; its request waits for those who may.
    case requested
    /// No callback ever comes.
    case noAnswer = "no_answer"
    /// A callback comes that cannot be told from anybody's: its state is missing or spoilt.
    case unmatched
    /// Consent, but no token.
    case refused
    case otherCloud = "other_cloud"

    init(of tenant: Tenant) {
        guard tenant.cloud == .global else {
            self = .otherCloud
            return
        }
        switch tenant.administrator {
        case .declines: self = .declined
        case .ignores: self = .noAnswer
        case .approves, .approvesThenRevokes: self = Self.ofApproval(tenant)
        }
    }

    private static func ofApproval(_ tenant: Tenant) -> TenantOutcome {
        if let callback = tenant.callback {
            if callback.reply == .recordedConflict { return .grantedDespiteError }
            if callback.remaining != nil, callback.reply != nil { return .grantedAfterRetry }
            switch callback.reply {
            case .approvalRequested: return .noAnswer
            case .requestSent: return .requested
            case .some: return .declined
            case nil: break
            }
            if !callback.shapes.isDisjoint(with: [.stateJunk, .withoutState]) { return .unmatched }
        }
        let isCut = tenant.resources.contains { $0.state == .disabled || $0.state == .missing }
        if tenant.isBlocked || isCut { return .refused }
        return tenant.administrator == .approvesThenRevokes ? .grantedThenRevoked : .granted
    }
}
