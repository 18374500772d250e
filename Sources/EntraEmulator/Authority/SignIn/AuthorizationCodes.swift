import FoundationEssentials

/// What an authorization code stands for: one sign-in of a user at one application.
struct AuthorizationCode: Sendable {
    let client: GUID
    let tenant: GUID
    let user: User
    /// Where the code was sent, which redeeming it must name again.
    let redirect: String
    let challenge: CodeChallenge?
    let nonce: String?
    let permissions: DelegatedPermissions
    /// The first instant at which it is worth nothing.
    let expires: Date
}

/// Codes that were given out, oldest first.
struct AuthorizationCodes: Sendable {
    /// Microsoft: authorization codes expire after about 10 minutes.
    static let lifetimeSeconds: Double = 600
    private static let limit = 10_000

    private var codes: [String: (code: AuthorizationCode, isRedeemed: Bool)] = [:]
    private var order: [String] = []

    mutating func add(_ code: AuthorizationCode, as text: String) {
        if order.count >= Self.limit { codes[order.removeFirst()] = nil }
        codes[text] = (code, false)
        order.append(text)
    }

    /// The code of that text, as long as it can be redeemed.
    func usable(_ text: String, at now: Date) throws(AuthorityError) -> AuthorizationCode {
        guard let (code, isRedeemed) = codes[text] else { throw .malformedCode }
        guard !isRedeemed else { throw .redeemedCode }
        guard now < code.expires else { throw .expiredCode }
        return code
    }

    /// Uses up the code: of several that try at one time, one succeeds.
    mutating func redeem(_ text: String, at now: Date) throws(AuthorityError) {
        _ = try usable(text, at: now)
        codes[text]?.isRedeemed = true
    }
}
