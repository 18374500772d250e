import FoundationEssentials
import Logging
import Synchronization

/// `/{tenant}/adminconsent` and `/{tenant}/v2.0/adminconsent`: a page on GET, a decision on POST.
///
/// Asking for the page changes nothing, so a mail scanner or a browser's prefetch cannot consent.
struct ConsentEndpoint {
    let service: EmulatedService
    let addresses: EmulatorAddresses
    /// How this decision is answered, instead of as the tenant says.
    let callback: Callback?

    func respond(_ incoming: Incoming, segment: String, isV1: Bool, _ correlation: Correlation) -> Answer {
        var answer: Answer
        do {
            let request = try ConsentRequest(
                incoming.query, segment: segment, isV1: isV1, directory: service.snapshot)
            switch incoming.method {
            case "GET", "HEAD": answer = .page(200, ConsentPages.choice(request, publisher: publisher(of: request.app)))
            case "POST": answer = try decide(incoming.form, request, correlation)
            default: answer = .text(405, "Method Not Allowed", headers: [("Allow", "GET, HEAD, POST")])
            }
        } catch {
            answer = .page(error.status, ConsentPages.refusal(error, correlation))
            answer.note.code = error.code
        }
        answer.headers += correlation.headers
        answer.note.clientID = incoming.query["client_id"]
        return answer
    }

    private func decide(
        _ form: FormFields, _ request: ConsentRequest, _ correlation: Correlation
    ) throws(AuthorityError) -> Answer {
        guard let name = form["other_account"] ?? form["account"] else { throw .missingParameter("account") }
        guard let (tenant, user) = service.snapshot.account(name, in: request.tenant) else { throw .unknownUser(name) }
        guard tenant.cloud == .global else { throw .nationalCloud }
        let wanted = request.tenant ?? tenant
        let odd = callback ?? service.directory.withLock { $0.takeCallback(of: wanted.id) }
        let replies = ConsentReplies(
            request: request, shapes: odd?.shapes ?? [], variation: service.chaos.callbackVariation(),
            errorURI: "\(addresses.login)/error", correlation: correlation)
        guard wanted.id == tenant.id else {
            // Seen on the callback, in the shape of a decline (azure-docs#114009).
            return replies.refused(.foreignUser(name, tenant: wanted, app: request.app))
        }
        guard request.app.isAvailable(in: tenant) else {
            throw .unknownApplication(request.app.clientID.text, in: tenant)
        }
        if let missing = request.permissions.first(where: { tenant.state(of: $0.resource) == .missing }) {
            throw .resourceNotProvisioned(missing.resource, app: request.app)
        }
        guard let decision = form["decision"], ["approve", "decline"].contains(decision) else {
            throw .missingParameter("decision")
        }
        if let reply = odd?.reply {
            if reply == .recordedConflict { record(request, tenant, correlation) }
            return try replies.answer(reply, account: name, tenant: tenant)
        }
        guard user.role.mayGrant(includingGraph: request.grantsGraph) else { throw .needsAdministrator(request.app) }
        guard decision == "approve" else { return replies.refused(.declined) }
        record(request, tenant, correlation)
        return replies.granted(by: tenant)
    }

    private func record(_ request: ConsentRequest, _ tenant: Tenant, _ correlation: Correlation) {
        let objectID = service.randomness.guid()
        service.directory.withLock {
            $0.approve(
                request.app, in: tenant.id, resources: request.permissions.map(\.resource.appID), at: correlation.now,
                objectID: objectID)
        }
        service.logger.notice(
            "consent approved", metadata: ["tenant": "\(tenant.id.text)", "client": "\(request.app.clientID.text)"])
    }

    private func publisher(of app: AppRegistration) -> String {
        service.snapshot.tenant(named: app.homeTenant)?.displayName ?? app.homeTenant
    }
}
