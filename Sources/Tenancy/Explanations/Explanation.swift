/// What an answer of the authority means: by its AADSTS code, else by its OAuth error, else by its HTTP status.
package struct Explanation: Sendable, Equatable {
    /// What is explained: `AADSTS7000222`, `invalid_client` or `HTTP 429`.
    package let code: String
    package let aadsts: Int?
    /// What it says about the tenant or about us; `nil` when only somebody who knows more can tell.
    package let `class`: AuthorityCode.Class?
    package let meaning: String
    package let whoMustAct: WhoMustAct
    /// What that person does next: one sentence.
    package let remedy: String
    /// Whether the same request may succeed later though nobody does anything.
    package let isRetryable: Bool
    package let customerAction: CustomerAction?

    /// - Parameters: what the authority said, as far as it is known; the surest of them decides.
    /// - Returns: `nil` when this version knows none of them.
    package static func of(aadsts: Int?, error: String?, status: Int?) -> Explanation? {
        if let aadsts, let entry = AuthorityCode.lookUp(aadsts) { return Explanation(entry) }
        let known = error.flatMap(OAuthErrorEntry.lookUp) ?? status.flatMap(OAuthErrorEntry.lookUp)
        return known.map { Explanation($0, unknown: aadsts) }
    }

    /// Reads a code with or without `AADSTS`, an OAuth error such as `invalid_client`, or a whole error reply as it was
    /// pasted: text or JSON. The first AADSTS code in it decides.
    ///
    /// - Returns: `nil` when there is nothing in it that this version knows.
    package static func of(text: String) -> Explanation? {
        let words = ErrorWords(text)
        return of(aadsts: words.aadsts, error: words.error, status: words.status)
    }

    package init(_ entry: AuthorityCode) {
        code = "AADSTS\(entry.number)"
        aadsts = entry.number
        self.class = entry.class
        meaning = entry.meaning
        whoMustAct = entry.whoMustAct
        remedy = entry.remedy
        isRetryable = entry.isRetryable
        customerAction = entry.customerAction
    }

    private init(_ entry: OAuthErrorEntry, unknown aadsts: Int?) {
        code = aadsts.map { "AADSTS\($0)" } ?? entry.name
        self.aadsts = aadsts
        self.class = entry.class
        meaning =
            aadsts == nil
            ? entry.meaning : "This version does not know the code; with it came \(entry.name): \(entry.meaning)"
        whoMustAct = entry.whoMustAct
        remedy = entry.remedy
        isRetryable = entry.class == .transient
        customerAction = entry.customerAction
    }

    /// A message to the customer, ready to be sent; `nil` when it is not the customer's move.
    ///
    /// Without names it holds `{app}` and `{tenant}` in their places.
    package func customerMessage(app: String = "{app}", tenant: String = "{tenant}") -> String? {
        customerAction?.message(app: app, tenant: tenant, code: code)
    }
}
