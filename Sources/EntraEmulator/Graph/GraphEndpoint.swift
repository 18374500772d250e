import FoundationEssentials
import Synchronization

/// The Graph host: the caller's tenant, and the applications it owns.
struct GraphEndpoint {
    let service: EmulatedService

    func respond(_ incoming: Incoming) -> Answer {
        guard let addresses = service.addresses else { return .text(503, "The emulator is starting.") }
        let correlation = Correlation(
            incoming, form: FormFields(), now: service.clock.now, randomness: service.randomness)
        let caller = Result { () throws(GraphError) in
            try GraphCaller(incoming, service: service, now: correlation.now)
        }
        let tenant = (try? caller.get()).flatMap { service.snapshot.tenants[$0.tenant] }
        let names = tenant.map { [$0.id.text] + $0.domains } ?? []
        let armed = service.faults.withLock { $0.take(incoming, endpoint: .graph, names: names) }
        let fault = armed ?? service.chaos.failure(of: .graph)
        var answer =
            fault?.answer(addresses: addresses, correlation)
            ?? answered(incoming, caller, tenant, addresses, correlation)
        answer.headers += [
            ("request-id", correlation.traceID.text), ("client-request-id", correlation.correlationID.text),
            ("Strict-Transport-Security", "max-age=31536000"), ("Cache-Control", "no-cache"),
        ]
        answer.note.tenant = tenant?.id
        answer.note.injected = fault?.kind.name
        answer.note.clientID = try? caller.get().clientID
        if fault?.losesReply == true { answer.delivery = .close }
        service.record(answer, to: incoming, endpoint: .graph)
        return answer
    }

    private func answered(
        _ incoming: Incoming, _ caller: Result<GraphCaller, GraphError>, _ tenant: Tenant?,
        _ addresses: EmulatorAddresses, _ correlation: Correlation
    ) -> Answer {
        do throws(GraphError) {
            let caller = try caller.get()
            guard let tenant else { throw GraphError.invalidToken("The tenant of the token does not exist.") }
            return try routed(
                GraphRequest(
                    service: service, incoming: incoming, caller: caller, tenant: tenant,
                    root: root(incoming, addresses), now: correlation.now))
        } catch {
            var answer = error.answer(correlation)
            if error.status == 401 {
                answer.headers.append(
                    (
                        "WWW-Authenticate",
                        "Bearer realm=\"\", authorization_uri=\"\(addresses.login)/common/oauth2/authorize\", "
                            + "client_id=\"\(ResourceServer.graphAppID.text)\""
                    ))
            }
            return answer
        }
    }

    private func routed(_ request: GraphRequest) throws(GraphError) -> Answer {
        let version = request.incoming.segments.first ?? ""
        guard version == "v1.0" else {
            throw GraphError(status: 400, code: "BadRequest", message: "Invalid version: \(version).")
        }
        guard let first = request.path.first, let segment = ODataSegment(first) else {
            throw .noSegment(request.path.first ?? "")
        }
        switch segment.name {
        case "applications": return try ApplicationsEndpoint(request: request).respond(segment)
        case "servicePrincipals": return try ServicePrincipalsEndpoint(request: request).respond(segment)
        default: return try DirectoryReads(request: request).respond()
        }
    }

    /// The root of links: the spelling of this host that the client used, so that a client which follows links only on
    /// the host it knows can follow them.
    private func root(_ incoming: Incoming, _ addresses: EmulatorAddresses) -> String {
        let asked = "https://\(incoming.host.lowercased())"
        return (EmulatorAddresses.spellings(of: addresses.graph).contains(asked) ? asked : addresses.graph) + "/v1.0"
    }
}
