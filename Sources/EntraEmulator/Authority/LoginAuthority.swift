import FoundationEssentials
import Synchronization

/// The login host: finds what a path means, lets faults go first, and writes the history.
struct LoginAuthority {
    let service: EmulatedService
    /// How the next consent is answered, instead of as its tenant says.
    var callback: Callback?

    /// What a path of the login host leads to.
    private enum Route {
        case instanceDiscovery
        case openIDDocument(tenant: String, isV1: Bool)
        case keys(tenant: String, isV1: Bool)
        case token(tenant: String, isV1: Bool)
        case adminConsent(tenant: String, isV1: Bool)
        case deviceCode(tenant: String)
        case devicePage
        case authorize(tenant: String)
        case errorPage

        init?(_ segments: [String]) {
            guard let tenant = segments.first else { return nil }
            switch segments.dropFirst().joined(separator: "/").lowercased() {
            case "discovery/instance": self = .instanceDiscovery
            case "v2.0/.well-known/openid-configuration": self = .openIDDocument(tenant: tenant, isV1: false)
            case ".well-known/openid-configuration": self = .openIDDocument(tenant: tenant, isV1: true)
            case "discovery/v2.0/keys": self = .keys(tenant: tenant, isV1: false)
            case "discovery/keys": self = .keys(tenant: tenant, isV1: true)
            case "oauth2/v2.0/token": self = .token(tenant: tenant, isV1: false)
            case "oauth2/token": self = .token(tenant: tenant, isV1: true)
            case "v2.0/adminconsent": self = .adminConsent(tenant: tenant, isV1: false)
            case "adminconsent": self = .adminConsent(tenant: tenant, isV1: true)
            case "oauth2/v2.0/devicecode": self = .deviceCode(tenant: tenant)
            case "oauth2/v2.0/authorize": self = .authorize(tenant: tenant)
            case "" where tenant.lowercased() == "devicelogin": self = .devicePage
            case "" where tenant == "error": self = .errorPage
            default: return nil
            }
        }

        var endpoint: RequestHistory.Endpoint {
            switch self {
            case .instanceDiscovery, .openIDDocument, .keys: .discovery
            case .token: .token
            case .adminConsent: .consent
            case .deviceCode, .devicePage: .device
            case .authorize: .signIn
            case .errorPage: .other
            }
        }

        var tenant: String? {
            switch self {
            case .openIDDocument(let tenant, _), .keys(let tenant, _), .token(let tenant, _),
                .adminConsent(let tenant, _), .deviceCode(let tenant), .authorize(let tenant):
                tenant
            case .instanceDiscovery, .devicePage, .errorPage: nil
            }
        }
    }

    /// Answers one request to the login host.
    func respond(_ incoming: Incoming) -> Answer {
        guard let addresses = service.addresses else { return .text(503, "The emulator is starting.") }
        let correlation = Correlation(
            incoming, form: incoming.form, now: service.clock.now, randomness: service.randomness)
        guard let route = Route(incoming.segments) else {
            let answer = Answer.text(404, "There is nothing at this address of the Entra emulator.")
            service.record(answer, to: incoming, endpoint: .other)
            return answer
        }
        var answer = answered(incoming, route, addresses, correlation)
        let tenant = route.tenant.flatMap { service.snapshot.tenant(named: $0) }
        if answer.note.tenant == nil { answer.note.tenant = tenant?.id }
        service.record(answer, to: incoming, endpoint: route.endpoint)
        return answer
    }

    private func answered(
        _ incoming: Incoming, _ route: Route, _ addresses: EmulatorAddresses, _ correlation: Correlation
    ) -> Answer {
        let names = route.tenant.map { name in
            [name.lowercased()] + (service.snapshot.tenant(named: name).map { [$0.id.text] + $0.domains } ?? [])
        }
        let armed = service.faults.withLock { $0.take(incoming, endpoint: route.endpoint, names: names ?? []) }
        let fault = armed ?? service.chaos.failure(of: route.endpoint)
        if let answer = fault?.answer(addresses: addresses, correlation) {
            var answer = answer
            let form = incoming.form
            answer.note.clientID = TokenRequest.clientID(incoming, form: form) ?? incoming.query["client_id"]
            answer.note.credential = TokenRequest.kind(incoming, form: form)
            answer.note.injected = fault?.kind.name
            return answer
        }
        var isForeign = false
        if case .wrongTenantToken = fault?.kind { isForeign = true }
        var answer = right(incoming, route, addresses, foreignTenant: isForeign, correlation)
        if fault?.losesReply == true { answer.delivery = .close }
        answer.note.injected = fault?.kind.name
        return answer
    }

    /// The answer when no fault stands in for it.
    private func right(
        _ incoming: Incoming, _ route: Route, _ addresses: EmulatorAddresses, foreignTenant: Bool,
        _ correlation: Correlation
    ) -> Answer {
        switch route {
        case .instanceDiscovery:
            return discovery(addresses, correlation) { () throws(AuthorityError) in
                try InstanceDiscovery(addresses: addresses).reply(incoming)
            }
        case .openIDDocument(let tenant, let isV1):
            return discovery(addresses, correlation) { () throws(AuthorityError) in
                let asked = TenantSegment(tenant, in: service.snapshot)
                return try OpenIDDocument(addresses: addresses, isV1: isV1).reply(asked)
            }
        case .keys(let tenant, let isV1):
            return discovery(addresses, correlation) { () throws(AuthorityError) in
                try KeySet(keys: service.keys.all, login: addresses.login, isV1: isV1)
                    .reply(TenantSegment(tenant, in: service.snapshot))
            }
        case .token(let tenant, let isV1):
            return TokenEndpoint(service: service, addresses: addresses)
                .respond(incoming, segment: tenant, isV1: isV1, foreignTenant: foreignTenant, correlation)
        case .adminConsent(let tenant, let isV1):
            return ConsentEndpoint(service: service, addresses: addresses, callback: callback)
                .respond(incoming, segment: tenant, isV1: isV1, correlation)
        case .deviceCode(let tenant):
            return DeviceCodeEndpoint(service: service, addresses: addresses)
                .respond(incoming, segment: tenant, correlation)
        case .devicePage: return DevicePage(service: service).respond(incoming, correlation)
        case .authorize(let tenant):
            return AuthorizeEndpoint(service: service, addresses: addresses)
                .respond(incoming, segment: tenant, correlation)
        case .errorPage:
            return .page(200, ConsentPages.explanation(code: incoming.query["code"] ?? "unknown"))
        }
    }

    /// Discovery may be cached for a day, misses included, as recorded from the live service.
    private func discovery(
        _ addresses: EmulatorAddresses, _ correlation: Correlation, _ body: () throws(AuthorityError) -> JSON
    ) -> Answer {
        do {
            return .json(
                200, try body(),
                headers: correlation.headers + [
                    ("Cache-Control", "max-age=86400, private"), ("Access-Control-Allow-Origin", "*"),
                ])
        } catch {
            return error.answer(
                correlation, errorURI: "\(addresses.login)/error", cacheControl: "max-age=86400, private")
        }
    }
}
