/// Deciding as an administrator would in a browser.
extension ControlPlane {
    private enum Decision: String {
        case approve
        case decline
        case ignore
    }

    /// Opens the consent link, then presses a button: the very requests a browser would send. The callback is told, not
    /// called.
    func consent(_ body: JSON) throws(ControlError) -> Answer {
        let url: String
        let decision: Decision?
        let account: String?
        do throws(ShapeError) {
            let shape = try JSONShape(body, at: "", known: ["url", "decision", "account"])
            url = try shape.requiredString("url")
            decision = try Self.decision(shape)
            account = try shape.string("account")
        } catch {
            throw ControlError(error)
        }
        let (path, query) = try split(url)
        let authority = LoginAuthority(service: service)
        let page = authority.respond(browserRequest("GET", path: path, query: query, form: nil))
        guard page.status == 200 else { return Self.outcome("error", page) }
        let (name, tenant) = try signIn(path, account: account)
        switch decision ?? Self.habit(tenant?.administrator ?? .approves) {
        case .ignore: return Self.outcome("ignored", nil)
        case .approve:
            let answer = authority.respond(
                browserRequest("POST", path: path, query: query, form: "account=\(name)&decision=approve"))
            // Without a reply address the authority ends on a page of its own.
            let isDone = answer.status == (FormFields(decoding: query)["redirect_uri"] == nil ? 200 : 302)
            return Self.outcome(isDone && answer.note.code == nil ? "approved" : "error", answer)
        case .decline:
            let answer = authority.respond(
                browserRequest("POST", path: path, query: query, form: "account=\(name)&decision=decline"))
            return Self.outcome(answer.note.code == 65004 ? "declined" : "error", answer)
        }
    }

    private static func decision(_ shape: JSONShape) throws(ShapeError) -> Decision? {
        guard let text = try shape.string("decision") else { return nil }
        guard let decision = Decision(rawValue: text) else {
            throw shape.error("decision", "must be approve, decline or ignore")
        }
        return decision
    }

    private static func habit(_ administrator: Tenant.Administrator) -> Decision {
        switch administrator {
        case .approves, .approvesThenRevokes: .approve
        case .declines: .decline
        case .ignores: .ignore
        }
    }

    /// Path and query of a link to this emulator's login host.
    private func split(_ url: String) throws(ControlError) -> (path: String, query: String) {
        let login = service.addresses?.login ?? ""
        guard let host = EmulatorAddresses.spellings(of: login).first(where: { url.hasPrefix($0 + "/") }) else {
            throw .badRequest("The URL must begin with \(login)/.")
        }
        let rest = url.dropFirst(host.count).split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0].hasSuffix("/adminconsent") else {
            throw .badRequest("The URL is no admin-consent link: its path must end in /adminconsent.")
        }
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    /// The account that signs in: the given one, else the tenant's first that may consent.
    private func signIn(_ path: String, account: String?) throws(ControlError) -> (name: String, tenant: Tenant?) {
        let segment = path.split(separator: "/").first.flatMap { Percent.decode($0, plusIsSpace: false) } ?? ""
        let tenant = service.snapshot.tenant(named: segment)
        if let account {
            let owner = service.snapshot.account(account)?.tenant
            return (Percent.encode(account), tenant ?? owner)
        }
        guard let tenant else {
            throw .badRequest("The link names no tenant, so 'account' must say who signs in.")
        }
        let accounts = tenant.offeredAccounts
        let administrator = accounts.first { $0.role.mayGrant(includingGraph: true) } ?? tenant.defaultAdministrator
        return (Percent.encode(administrator.principalName), tenant)
    }

    private func browserRequest(_ method: String, path: String, query: String, form: String?) -> Incoming {
        Incoming(
            method: method, target: "\(path)?\(query)", host: "localhost",
            headers: form == nil ? [] : [("content-type", "application/x-www-form-urlencoded")],
            body: Array((form ?? "").utf8))
    }

    /// A fault can stand in for the page; its answer then counts as an error without a code.
    private static func outcome(_ outcome: String, _ answer: Answer?) -> Answer {
        let callback = answer?.headers.first { $0.name == "Location" }?.value
        var error = JSON.null
        if outcome == "error", let answer {
            let code = answer.note.code
            error = .object([
                ("code", code.map { .integer(Int64($0)) } ?? .null), ("status", .integer(Int64(answer.status))),
                ("message", .string(code.map { "The authority answered AADSTS\($0)." } ?? "The authority failed.")),
            ])
        }
        return .json(
            200, ["outcome": .string(outcome), "callback": callback.map { .string($0) } ?? .null, "error": error])
    }
}
