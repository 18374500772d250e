/// An admin-consent link whose parameters are in order: who asks, for what, and where the answer goes.
struct ConsentRequest {
    let app: AppRegistration
    /// `nil` on a shared authority: the account that signs in decides.
    let tenant: Tenant?
    /// Where the browser goes afterwards; `nil` for a link of the first version without one.
    let redirect: String?
    let state: String?
    /// What the page lists and an approval grants. Empty when the link names permissions one by one: application
    /// permissions are only ever granted through `/.default`, so such a link completes and grants nothing.
    let permissions: [AppRegistration.Permissions]
    /// `scope` of the callback; `nil` on the first version, which has none.
    let scope: String?

    init(
        _ query: FormFields, segment: String, isV1: Bool, directory: Directory
    ) throws(AuthorityError) {
        tenant = try Self.tenant(segment, isV1: isV1, directory: directory)
        guard let client = query["client_id"] else { throw .missingParameter("client_id") }
        guard let app = GUID(client).flatMap({ directory.apps[$0] }), tenant.map(app.isAvailable) ?? true else {
            throw .unknownApplication(client, in: tenant)
        }
        self.app = app
        redirect = try Self.redirect(query["redirect_uri"], app: app, isRequired: !isV1)
        state = query["state"].map(Self.withoutMarkup)
        if isV1 {
            permissions = directory.permissions(of: app)
            guard permissions.contains(where: { !$0.roles.isEmpty }) else { throw .nothingToConsentTo(app) }
            scope = nil
        } else {
            guard let asked = query["scope"] else { throw .missingParameter("scope") }
            permissions = try Self.permissions(asked, app: app, directory: directory, tenant: tenant)
            let granted = permissions.flatMap { entry in
                entry.roles.map { "\(entry.resource.identifiers.first ?? entry.resource.appID.text)/\($0)" }
            }
            scope = granted.isEmpty ? asked : granted.joined(separator: " ")
        }
    }

    /// Whether approving grants application permissions of Graph, which takes a higher role.
    var grantsGraph: Bool {
        permissions.contains { $0.resource.appID == ResourceServer.graphAppID && !$0.roles.isEmpty }
    }

    private static func tenant(
        _ segment: String, isV1: Bool, directory: Directory
    ) throws(AuthorityError) -> Tenant? {
        switch TenantSegment(segment, in: directory) {
        case .refused(let error): throw error
        // Seen on /common with the second version (azure-docs#45151).
        case .shared(.common) where !isV1: throw .missingParameter("response_type")
        case .shared(.consumers): throw .grantNotForSharedTenant
        case .shared: return nil
        case .tenant(let tenant):
            guard tenant.cloud == .global else { throw .nationalCloud }
            return tenant
        }
    }

    private static func redirect(
        _ asked: String?, app: AppRegistration, isRequired: Bool
    ) throws(AuthorityError) -> String? {
        guard let asked else {
            if isRequired { throw .noReplyAddress }
            return nil
        }
        guard let uri = RedirectURI.match(asked, registered: app.redirectURIs) else {
            throw .unregisteredReplyAddress(asked, app: app)
        }
        return uri
    }

    private static func permissions(
        _ scope: String, app: AppRegistration, directory: Directory, tenant: Tenant?
    ) throws(AuthorityError) -> [AppRegistration.Permissions] {
        let suffix = "/.default"
        let permissions = directory.permissions(of: app)
        var result: [AppRegistration.Permissions] = []
        for name in scope.split(separator: " ") where name.hasSuffix(suffix) {
            let asked = String(name.dropLast(suffix.utf8.count))
            guard let resource = directory.resource(named: asked) else {
                throw .resourceNotListed(asked, app: app)
            }
            let listed = permissions.filter { $0.resource.appID == resource.appID }
            guard !permissions.isEmpty else { throw .nothingToConsentTo(app) }
            guard !listed.isEmpty else { throw .resourceNotListed(asked, app: app) }
            result += listed
        }
        return result
    }

    /// The original strips HTML from `state`.
    static func withoutMarkup(_ state: String) -> String {
        var result = ""
        var isInside = false
        for character in state {
            if character == "<" {
                isInside = true
            } else if isInside {
                isInside = character != ">"
            } else {
                result.append(character)
            }
        }
        return result
    }
}
