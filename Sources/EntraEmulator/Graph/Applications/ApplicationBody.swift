/// An application as a request gives it: every member may be absent, so that one shape serves to create and to change.
struct ApplicationBody {
    let displayName: String?
    let uniqueName: String?
    private let audience: AppRegistration.Audience?
    private let redirectURIs: [String]?
    private let requiredAccess: [RequiredAccess]?
    private let keys: [KeyCredentialBody]?
    private let tags: [String]?
    private let settings: [String: JSON]

    /// The most reply addresses an application can have, and of one that personal accounts can use.
    private static let redirectLimit = 256
    private static let personalRedirectLimit = 100

    init(_ request: GraphRequest) throws(GraphError) {
        let kept = ApplicationView.defaults.map(\.0)
        let body = try request.body(
            "Application",
            known: Set(kept).union([
                "displayName", "uniqueName", "signInAudience", "web", "requiredResourceAccess", "keyCredentials",
                "passwordCredentials", "tags",
            ]))
        if body.has("passwordCredentials") {
            throw .badRequest(
                "Property 'passwordCredentials' cannot be set here. Use addPassword.",
                details: [("PropertyNotAllowed", "passwordCredentials")])
        }
        if body.has("displayName"), body.value("displayName") == nil { throw body.invalid("displayName") }
        displayName = try body.string("displayName")
        if let displayName, displayName.count > 120 { throw body.invalid("displayName") }
        uniqueName = try body.string("uniqueName")
        audience = try Self.audience(body)
        requiredAccess = try Self.requiredAccess(body)
        keys = try Self.keys(body)
        tags = try body.strings("tags")
        var settings: [String: JSON] = [:]
        for name in kept where body.has(name) { settings[name] = body.value(name) ?? .null }
        if let claims = try body.string("groupMembershipClaims"), !AppRegistration.isGroupMembershipClaims(claims) {
            throw body.invalid("groupMembershipClaims")
        }
        let web = try body.object(
            "web", type: "web",
            known: ["redirectUris", "homePageUrl", "logoutUrl", "implicitGrantSettings", "redirectUriSettings"])
        for name in ["homePageUrl", "logoutUrl", "implicitGrantSettings"] where web?.has(name) == true {
            settings["web.\(name)"] = web?.value(name) ?? .null
        }
        redirectURIs = try web.flatMap { web throws(GraphError) in try Self.redirectURIs(web) }
        self.settings = settings
    }

    /// Sets what was given.
    func apply(to app: inout AppRegistration, spread: Spread, randomness: Randomness) throws(GraphError) {
        if let uniqueName, uniqueName != app.uniqueName {
            throw .badRequest("Property 'uniqueName' is read-only and cannot be set.")
        }
        if let displayName { app.displayName = displayName }
        if let audience { app.audience = audience }
        if let redirectURIs { app.redirectURIs = redirectURIs }
        if let requiredAccess { app.requiredAccess = requiredAccess }
        if let keys {
            app.keys = try KeyCredentialBody.replacing(app.keys, with: keys, spread: spread, randomness: randomness)
        }
        if let tags { app.tags = tags }
        app.settings.merge(settings) { $1 }
        let limit = app.audience == .anyTenantAndPersonal ? Self.personalRedirectLimit : Self.redirectLimit
        guard app.redirectURIs.count <= limit else {
            throw .badRequest("The property 'redirectUris' holds more than \(limit) values.")
        }
    }

    private static func audience(_ body: GraphBody) throws(GraphError) -> AppRegistration.Audience? {
        guard let text = try body.string("signInAudience") else { return nil }
        guard let audience = AppRegistration.Audience(rawValue: text) else { throw body.invalid("signInAudience") }
        return audience
    }

    private static func redirectURIs(_ web: GraphBody) throws(GraphError) -> [String]? {
        guard let uris = try web.strings("redirectUris") else { return nil }
        for uri in uris {
            if let problem = RedirectURI.registrationProblem(uri) {
                throw .badRequest(
                    "One or more reply URLs are not valid: '\(uri)' \(problem).",
                    details: [("InvalidReplyUrl", "The reply URL '\(uri)' is not valid.")])
            }
        }
        guard Set(uris).count == uris.count else { throw web.invalid("redirectUris") }
        return uris
    }

    private static func requiredAccess(_ body: GraphBody) throws(GraphError) -> [RequiredAccess]? {
        let resources = try body.objects(
            "requiredResourceAccess", type: "requiredResourceAccess", known: ["resourceAppId", "resourceAccess"])
        guard let resources else { return nil }
        guard resources.count <= 50 else { throw body.invalid("requiredResourceAccess") }
        var result: [RequiredAccess] = []
        for resource in resources {
            let permissions =
                try resource.objects("resourceAccess", type: "resourceAccess", known: ["id", "type"]) ?? []
            var entries: [RequiredAccess.Entry] = []
            for permission in permissions {
                guard let kind = RequiredAccess.Kind(rawValue: try permission.requiredString("type")) else {
                    throw permission.invalid("type")
                }
                entries.append(RequiredAccess.Entry(id: try permission.requiredGUID("id"), kind: kind))
            }
            result.append(RequiredAccess(resource: try resource.requiredGUID("resourceAppId"), entries: entries))
        }
        guard Set(result.map(\.resource)).count == result.count else { throw body.invalid("requiredResourceAccess") }
        return result
    }

    private static func keys(_ body: GraphBody) throws(GraphError) -> [KeyCredentialBody]? {
        let bodies = try body.objects("keyCredentials", type: "keyCredential", known: KeyCredentialBody.members)
        guard let bodies else { return nil }
        var keys: [KeyCredentialBody] = []
        for body in bodies { keys.append(try KeyCredentialBody(body)) }
        return keys
    }
}
