/// What a browser brought back from an administrator's sign-in. Nothing of it is signed; anyone can type it.
///
/// Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow.
package struct UnverifiedSignInCallback: Sendable {
    package let state: OneTimeState
    private let outcome: Outcome

    private enum Outcome: Sendable {
        case code(Secret<String>)
        case error(String, aadsts: Int?)
    }

    /// `nil` when the parameters are no answer to a sign-in: the state of one has a dot in it.
    init?(_ query: CallbackQuery) {
        guard query.state.contains(".") else { return nil }
        state = Secret(query.state)
        if let error = query["error"] {
            let readable = error.filter { $0.isASCII && ($0.isLetter || $0 == "_") }
            outcome = .error(
                String(readable.prefix(60)), aadsts: query["error_description"].flatMap(AuthorityCode.leading))
        } else if let code = query["code"], !code.isEmpty, code.utf8.count <= 8_192 {
            outcome = .code(Secret(code))
        } else {
            return nil
        }
    }

    /// - Throws: ``AdministratorSignInError/refused(_:_:)`` when an error came back.
    func code() throws(AdministratorSignInError) -> Secret<String> {
        switch outcome {
        case .code(let code): return code
        case .error(let error, let aadsts): throw .refused(error, AuthorityTrace(aadsts: aadsts))
        }
    }
}
