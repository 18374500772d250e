/// Deciding as an administrator would in a browser.
extension ControlPlane {
    private enum Decision: String, CaseIterable {
        case approve
        case decline
        case ignore
    }

    /// Opens the consent link, then presses a button. The callback is told, not called.
    ///
    /// `{"url", "decision", "account", "callback"}`, all but the first optional; `callback` as a tenant has it, for this
    /// decision only.
    func consent(_ body: JSON) throws(ControlError) -> Answer {
        let url: String
        let decision: Decision?
        let account: String?
        let callback: Callback?
        do throws(ShapeError) {
            let shape = try JSONShape(body, at: "", known: ["url", "decision", "account", "callback"])
            url = try shape.requiredString("url")
            decision = try shape.choice("decision")
            account = try shape.string("account")
            callback = try shape.value("callback").map { value throws(ShapeError) in
                try Callback(value, at: "callback")
            }
        } catch {
            throw ControlError(error)
        }
        let browser = try Browser(url, suffix: "/adminconsent", service: service, callback: callback)
        let page = browser.open()
        guard page.status == 200 else { return Browser.outcome("error", page) }
        let (name, tenant) = try visitor(browser, account: account)
        switch decision ?? Self.habit(tenant?.administrator ?? .approves) {
        case .ignore: return Browser.outcome("ignored", nil)
        case .approve: return Self.told(browser.press("approve", account: name), at: browser)
        case .decline: return Self.told(browser.press("decline", account: name), at: browser)
        }
    }

    /// What came of a pressed button. Without a reply address the authority ends on a page of its own.
    private static func told(_ answer: Answer, at browser: Browser) -> Answer {
        guard answer.note.injected == nil else { return Browser.outcome("error", answer) }
        let hasAddress = FormFields(decoding: browser.query)["redirect_uri"] != nil
        guard answer.status == (hasAddress ? 302 : 200) else {
            return Browser.outcome(answer.note.code == 65004 ? "declined" : "error", answer)
        }
        switch answer.note.consent {
        case .granted: return Browser.outcome("approved", answer)
        case .refused: return Browser.outcome("declined", answer)
        case nil: return Browser.outcome("error", answer)
        }
    }

    private static func habit(_ administrator: Tenant.Administrator) -> Decision {
        switch administrator {
        case .approves, .approvesThenRevokes: .approve
        case .declines: .decline
        case .ignores: .ignore
        }
    }

    /// The account that signs in: the given one, else the tenant's first that may consent.
    private func visitor(
        _ browser: Browser, account: String?
    ) throws(ControlError) -> (name: String, tenant: Tenant?) {
        let tenant = service.snapshot.tenant(named: browser.tenantSegment)
        if let account { return (account, tenant ?? service.snapshot.account(account)?.tenant) }
        guard let tenant else {
            throw .badRequest("The link names no tenant, so 'account' must say who signs in.")
        }
        return (tenant.firstAdministrator.signInName, tenant)
    }
}
