import FoundationEssentials

/// A token of another issuer, given in place of a client's own assertion.
struct FederatedAssertion {
    private let token: CompactToken
    private let issuer: String

    /// `nil` when the text is the client's own assertion, or no token at all: a client's own names its certificate by
    /// thumbprint, or itself as issuer.
    init?(_ text: String, client: String) {
        // Asked first, and of the text: nearly every assertion is a client's own, and reading JSON takes longest.
        guard !Self.namesCertificate(text), let token = CompactToken(text),
            let issuer = token.claims["iss"]?.text, issuer.lowercased() != client.lowercased()
        else { return nil }
        self.token = token
        self.issuer = issuer
    }

    /// The credential that trusts this token. Every comparison is exact: case and white space matter.
    ///
    /// - Parameters:
    ///   - credentials: those that the replica which answers knows.
    ///   - login: the address of this authority, whose own tokens are not taken.
    func match(
        _ credentials: [FederatedCredential], login: String, issuer workload: WorkloadIssuer, now: Date
    ) throws(AuthorityError) -> FederatedCredential {
        if issuer.hasPrefix("https://sts.windows.net/") || issuer.hasPrefix("\(login)/") {
            throw .ownTokenAsAssertion
        }
        let ofIssuer = credentials.filter { $0.issuer == issuer }
        guard !ofIssuer.isEmpty else { throw .noFederatedIssuer(issuer) }
        guard workload.names.contains(issuer), let key = workload.key else { throw .unreachableIssuer(issuer) }
        guard token.header["alg"]?.text == "RS256", key.verifies(token) else { throw .federatedSignature }
        try verifyTimes(now)
        let subject = token.claims["sub"]?.text ?? ""
        guard let found = ofIssuer.first(where: { $0.subject == subject }) else {
            let isNear = ofIssuer.contains { $0.subject.lowercased() == subject.lowercased() }
            throw isNear ? .federatedSubjectCase(subject) : .noFederatedSubject(subject)
        }
        guard let audience, audience == found.audience else { throw .noFederatedAudience(audience ?? "") }
        return found
    }

    private static func namesCertificate(_ text: String) -> Bool {
        guard let header = text.split(separator: ".").first.flatMap({ Base64Text.decode($0) }) else { return false }
        return String(decoding: header, as: UTF8.self).contains("\"x5t")
    }

    private var audience: String? {
        switch token.claims["aud"] {
        case .string(let text): text
        case .array(let values) where values.count == 1: values[0].text
        default: nil
        }
    }

    private func verifyTimes(_ now: Date) throws(AuthorityError) {
        guard let expires = token.time("exp") else { throw .malformedAssertion("The claim 'exp' is missing.") }
        let starts = token.time("nbf") ?? token.time("iat") ?? 0
        let instant = now.timeIntervalSince1970
        guard instant < expires + ClientAssertion.skewSeconds, starts - ClientAssertion.skewSeconds <= instant else {
            throw .assertionOutsideItsTime(
                now: Timestamps.iso(now), from: Timestamps.iso(Date(timeIntervalSince1970: starts)),
                until: Timestamps.iso(Date(timeIntervalSince1970: expires)))
        }
    }
}
