/// The parameters that matter of a query that the registered redirect URI brought.
struct CallbackQuery {
    let state: String
    private let values: [String: String]

    private static let meaningful: Set = [
        "state", "tenant", "admin_consent", "code", "error", "error_subcode", "error_description",
    ]

    init(_ query: String) throws(UnverifiedConsentCallback.Malformed) {
        var values: [String: String] = [:]
        for pair in query.prefix(while: { $0 != "#" }).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decodeForm(parts[0]),
                let value = PercentEncoding.decodeForm(parts.count > 1 ? parts[1] : "")
            else {
                throw .badEncoding
            }
            guard Self.meaningful.contains(name) else { continue }
            guard values.updateValue(value, forKey: name) == nil else { throw .repeated(name) }
        }
        guard let state = values["state"], !state.isEmpty, state.utf8.count <= 200 else { throw .noState }
        self.state = state
        self.values = values
    }

    subscript(name: String) -> String? { values[name] }
}

/// What came to the one registered redirect URI: an answer to a consent link, or to the sign-in after one.
package enum UnverifiedCallback: Sendable {
    case consent(UnverifiedConsentCallback)
    case signIn(UnverifiedSignInCallback)

    package init(query: String) throws(UnverifiedConsentCallback.Malformed) {
        let query = try CallbackQuery(query)
        if let signIn = UnverifiedSignInCallback(query) {
            self = .signIn(signIn)
        } else {
            self = .consent(try UnverifiedConsentCallback(query))
        }
    }
}
