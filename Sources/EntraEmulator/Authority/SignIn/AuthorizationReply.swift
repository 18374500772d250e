/// Where the answer to a sign-in goes, once the address is known to be one of the application's.
struct AuthorizationReply {
    /// How the browser carries the answer. A form that posts itself would take a script, which these pages do not run.
    private enum Mode: String {
        case query
        case fragment
    }

    let redirect: String
    private let mode: Mode?
    private let state: String?

    /// - Throws: `AuthorityError` when the address is missing or not registered; such a refusal stays on a page.
    init(_ query: FormFields, app: AppRegistration) throws(AuthorityError) {
        guard let asked = query["redirect_uri"] else { throw .noReplyAddress }
        guard let uri = RedirectURI.match(asked, registered: app.redirectURIs) else {
            throw .unregisteredReplyAddress(asked, app: app)
        }
        redirect = uri
        mode = Mode(rawValue: query["response_mode"] ?? "query")
        state = query["state"].map(ConsentRequest.withoutMarkup)
    }

    /// - Throws: `AuthorityError` when the request wants the answer in a way there is not.
    func requireMode() throws(AuthorityError) {
        if mode == nil { throw .unsupportedResponseMode }
    }

    func success(code: String, session: GUID, variation: CallbackVariation?) -> Answer {
        answer([("code", code)] + states + [("session_state", session.text)], variation)
    }

    func failure(
        _ error: AuthorityError, isCancel: Bool = false, errorURI: String, _ correlation: Correlation,
        variation: CallbackVariation?
    ) -> Answer {
        var fields = [(name: "error", value: error.error)]
        if isCancel { fields.append(("error_subcode", "cancel")) }
        fields += [
            ("error_description", error.description(correlation)), ("error_uri", "\(errorURI)?code=\(error.code)"),
        ]
        var answer = answer(fields + states, variation)
        answer.note.code = error.code
        return answer
    }

    private var states: [(name: String, value: String)] { state.map { [("state", $0)] } ?? [] }

    private func answer(_ fields: [(name: String, value: String)], _ variation: CallbackVariation?) -> Answer {
        let query = FormFields(variation?.varied(fields) ?? fields).query
        let separator = mode == .fragment ? "#" : redirect.contains("?") ? "&" : "?"
        return Answer(
            status: 302,
            headers: [
                ("Location", "\(redirect)\(separator)\(query)"), ("Cache-Control", "no-store, no-cache"),
                ("Referrer-Policy", "no-referrer"),
            ])
    }
}
