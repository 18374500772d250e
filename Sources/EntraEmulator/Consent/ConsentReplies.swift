/// What a consent page answers to a decision: a callback, or a page where the link named no reply address.
struct ConsentReplies {
    let request: ConsentRequest
    let shapes: Set<Callback.Shape>
    let variation: CallbackVariation?
    let errorURI: String
    let correlation: Correlation

    func granted(by tenant: Tenant) -> Answer {
        var answer: Answer
        if let callback {
            let scope = request.scope.map { [(name: "scope", value: $0)] } ?? []
            answer = callback.answer(
                [("admin_consent", "True"), ("tenant", tenant.id.text)] + states + scope)
        } else {
            answer = .page(200, ConsentPages.doneWithoutReplyAddress(request.app))
        }
        answer.note.tenant = tenant.id
        answer.note.consent = .granted
        return answer
    }

    /// An error carries `admin_consent=True` too, and no `tenant`; so it was observed.
    func refused(_ error: AuthorityError, as name: String = "access_denied") -> Answer {
        let description = error.description(correlation)
        var answer = refused(
            error,
            [
                ("error", name), ("error_description", description), ("error_uri", "\(errorURI)?code=\(error.code)"),
                ("admin_consent", "True"),
            ] + states)
        if error.code != AuthorityError.declined.code { answer.note.consent = nil }
        return answer
    }

    /// - Throws: `AuthorityError` when the answer is a page.
    func answer(_ reply: Callback.Reply, account: String, tenant: Tenant) throws(AuthorityError) -> Answer {
        let declined = AuthorityError.declined
        let description = declined.description(correlation)
        switch reply {
        case .permissionDenied:
            return refused(
                nil,
                [("error", "permission_denied"), ("error_description", "The admin canceled the request")] + states)
        case .consentRequired:
            return refused(
                declined,
                [("admin_consent", "True"), ("error", "consent_required"), ("error_description", description)] + states)
        case .declined: return refused(declined)
        case .wrongDirectory: return refused(.foreignUser(account, tenant: tenant, app: request.app))
        case .requestSent:
            return refused(
                declined,
                [("error", "access_denied"), ("error_subcode", "cancel"), ("error_description", description)] + states)
        case .approvalRequested: throw .approvalRequested(request.app)
        case .conflict, .recordedConflict:
            return refused(.principalInTheWay(request.app), as: "invalid_client")
        case .accessDenied: return refused(nil, [("error", "access_denied")] + states)
        }
    }

    private func refused(_ error: AuthorityError?, _ fields: [(name: String, value: String)]) -> Answer {
        var answer = callback?.answer(fields) ?? .page(400, ConsentPages.refusal(error ?? .declined, correlation))
        answer.note.code = error?.code
        answer.note.consent = .refused
        return answer
    }

    private var states: [(name: String, value: String)] { request.state.map { [("state", $0)] } ?? [] }

    private var callback: ConsentCallback? {
        request.redirect.map { ConsentCallback(redirect: $0, shapes: shapes, variation: variation) }
    }
}
