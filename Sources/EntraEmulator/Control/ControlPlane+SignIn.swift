import Synchronization

/// Signing in as an administrator would in a browser, and tokens that are wrong on purpose.
extension ControlPlane {
    /// `{"url", "account", "decision": "accept" or "cancel"}`. Without `account` the one the link hints at signs in, else
    /// one who may consent. The callback is told, not called.
    func signIn(_ body: JSON) throws(ControlError) -> Answer {
        let url: String
        let account: String?
        let decision: String
        do throws(ShapeError) {
            let shape = try JSONShape(body, at: "", known: ["url", "account", "decision"])
            url = try shape.requiredString("url")
            account = try shape.string("account")
            decision = try shape.string("decision") ?? "accept"
            guard ["accept", "cancel"].contains(decision) else {
                throw shape.error("decision", "must be accept or cancel")
            }
        } catch {
            throw ControlError(error)
        }
        let browser = try Browser(url, suffix: "/oauth2/v2.0/authorize", service: service)
        let page = browser.open()
        guard page.status == 200 else { return Browser.outcome("error", page) }
        let answer = browser.press(decision, account: try person(account, at: browser))
        switch (answer.status, answer.note.code) {
        case (302, nil): return Browser.outcome("accepted", answer)
        case (302, 65004): return Browser.outcome("cancelled", answer)
        default: return Browser.outcome("error", answer)
        }
    }

    private func person(_ account: String?, at browser: Browser) throws(ControlError) -> String {
        if let name = account ?? FormFields(decoding: browser.query)["login_hint"] { return name }
        guard let tenant = service.snapshot.tenant(named: browser.tenantSegment) else {
            throw .badRequest("The link names no tenant, so 'account' must say who signs in.")
        }
        return tenant.firstAdministrator.signInName
    }

    /// `{"id_token": "aud"}`: the next id_token of the tenant is wrong in that way. Several wait in a row.
    func forge(_ tenant: Tenant, _ body: JSON) throws(ControlError) -> Answer {
        do throws(ShapeError) {
            let shape = try JSONShape(body, at: "", known: ["id_token"])
            guard let forgery = IDTokenForgery(rawValue: try shape.requiredString("id_token")) else {
                let names = IDTokenForgery.allCases.map(\.rawValue).joined(separator: ", ")
                throw shape.error("id_token", "must be one of \(names)")
            }
            service.forgeries.withLock { $0.arm(forgery, for: tenant.id) }
        } catch {
            throw ControlError(error)
        }
        return forgeries(201, tenant)
    }

    func clearForgeries(_ tenant: Tenant) -> Answer {
        service.forgeries.withLock { $0.clear(tenant.id) }
        return forgeries(200, tenant)
    }

    private func forgeries(_ status: Int, _ tenant: Tenant) -> Answer {
        let waiting = service.forgeries.withLock { $0.all(for: tenant.id) }
        return .json(status, ["id_token": .strings(waiting.map(\.rawValue))])
    }
}
