import Logging
import Synchronization

/// `/devicelogin`: where a person types the code, picks an account, and approves or declines.
struct DevicePage {
    let service: EmulatedService

    func respond(_ incoming: Incoming, _ correlation: Correlation) -> Answer {
        var answer: Answer
        do throws(AuthorityError) {
            switch incoming.method {
            case "GET", "HEAD": answer = .page(200, Self.question(nil))
            case "POST": answer = try decide(incoming.form, correlation)
            default: answer = .text(405, "Method Not Allowed", headers: [("Allow", "GET, HEAD, POST")])
            }
        } catch {
            answer = .page(error.status, ConsentPages.refusal(error, correlation))
            answer.note.code = error.code
        }
        answer.headers += correlation.headers
        return answer
    }

    private func decide(_ form: FormFields, _ correlation: Correlation) throws(AuthorityError) -> Answer {
        let now = correlation.now
        let typed = form["user_code"] ?? ""
        guard let signIn = service.signIns.withLock({ $0.waiting(typed, at: now) }) else {
            return .page(400, Self.question("That code didn’t work. Check the code and try again."))
        }
        guard let decision = form["decision"] else { return .page(200, choice(signIn)) }
        guard let name = form["other_account"] ?? form["account"] else { throw .missingParameter("account") }
        let tenant: Tenant
        switch decision {
        case "approve": tenant = try approve(signIn, name)
        case "decline": tenant = try decline(signIn, name)
        default: throw .missingParameter("decision")
        }
        service.logger.notice("device sign-in decided", metadata: ["decision": "\(decision)"])
        var answer = Answer.page(
            200, Self.end(decision == "approve" ? "You have signed in" : "You have declined the sign-in"))
        answer.note.tenant = tenant.id
        answer.note.clientID = signIn.client.text
        return answer
    }

    private func approve(_ signIn: DeviceSignIn, _ name: String) throws(AuthorityError) -> Tenant {
        let (tenant, user) = try account(name, signIn)
        service.signIns.withLock { $0.decide(signIn.userCode, .approved(tenant: tenant.id, user: user)) }
        return tenant
    }

    private func decline(_ signIn: DeviceSignIn, _ name: String) throws(AuthorityError) -> Tenant {
        let tenant = try account(name, signIn).tenant
        service.signIns.withLock { $0.decide(signIn.userCode, .declined) }
        return tenant
    }

    /// The account of that name, if it may sign in where the device asked to.
    private func account(
        _ name: String, _ signIn: DeviceSignIn
    ) throws(AuthorityError) -> (tenant: Tenant, user: User) {
        let directory = service.snapshot
        guard let found = directory.account(name, in: signIn.tenant.flatMap({ directory.tenants[$0] })) else {
            throw .unknownUser(name)
        }
        if let wanted = signIn.tenant, wanted != found.tenant.id, let tenant = directory.tenants[wanted] {
            throw .foreignUser(
                name, tenant: tenant, client: signIn.client,
                called: PublicClients.name(of: signIn.client, in: directory) ?? signIn.client.text)
        }
        guard found.tenant.cloud == .global else { throw .nationalCloud }
        return found
    }

    private func choice(_ signIn: DeviceSignIn) -> String {
        let directory = service.snapshot
        let name = ConsentPages.escape(PublicClients.name(of: signIn.client, in: directory) ?? signIn.client.text)
        let scopes = signIn.permissions.scopes.map { "<li>\(ConsentPages.escape($0))</li>" }.joined()
        return ConsentPages.page(
            "Sign in to \(name)",
            """
            <h1>Are you trying to sign in to \(name)?</h1>
            <p>Only continue if you started this on a device of yours. It will be able to:</p><ul>\(scopes)</ul>
            <form method="post"><input type="hidden" name="user_code" value="\(signIn.userCode)">
            <fieldset><legend>Pick an account</legend>
            \(ConsentPages.accounts(signIn.tenant.flatMap { directory.tenants[$0] }))
            <label>Use another account <input name="other_account" autocomplete="off"></label></fieldset>
            <button name="decision" value="approve">Continue</button>
            <button name="decision" value="decline">Cancel</button></form>
            """)
    }

    private static func question(_ problem: String?) -> String {
        ConsentPages.page(
            "Enter code",
            """
            <h1>Enter code to allow access</h1>\(problem.map { "<p role=\"alert\">\($0)</p>" } ?? "")
            <p>Once you enter the code displayed on your app or device, it will have access to your account.</p>
            <form method="post"><label>Code <input name="user_code" autocomplete="off" required></label>
            <button>Next</button></form>
            """)
    }

    private static func end(_ title: String) -> String {
        ConsentPages.page(title, "<h1>\(title)</h1><p>You may now close this window.</p>")
    }
}
