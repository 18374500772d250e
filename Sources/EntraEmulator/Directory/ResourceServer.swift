/// An API that tokens are issued for.
struct ResourceServer: Sendable {
    /// The shape of its access tokens (`api.requestedAccessTokenVersion` of the resource).
    enum TokenVersion: Int, Sendable {
        case v1 = 1
        case v2 = 2
    }

    let appID: GUID
    let displayName: String
    /// Names it is asked for by, apart from its identifier.
    var identifiers: [String]
    let tokenVersion: TokenVersion
    /// The application permissions it offers.
    private(set) var roles: [AppRole]

    init(
        appID: GUID, displayName: String, identifiers: [String], tokenVersion: TokenVersion, roles: [AppRole] = []
    ) {
        self.appID = appID
        self.displayName = displayName
        self.identifiers = identifiers
        self.tokenVersion = tokenVersion
        self.roles = roles
    }

    /// Offers a role too, if it does not already: what applications name in a scenario exists.
    mutating func offer(_ value: String) {
        if !roles.contains(where: { $0.value == value }) { roles.append(AppRole(value, of: appID)) }
    }

    /// The identifier of its service principal in a tenant.
    func objectID(in tenant: GUID) -> GUID {
        GUID(naming: tenant.text, "resource", appID.text)
    }

    /// Whether a client that asks for `name` means this resource. Case and one trailing slash do not matter.
    func isNamed(_ name: String) -> Bool {
        let wanted = Self.normal(name)
        return wanted == appID.text || identifiers.contains { Self.normal($0) == wanted }
    }

    private static func normal(_ name: String) -> String {
        let lower = name.lowercased()
        return lower.hasSuffix("/") ? String(lower.dropLast()) : lower
    }

    /// The identifier of Microsoft Graph in every cloud.
    static let graphAppID = GUID(constant: "00000003-0000-0000-c000-000000000000")

    /// APIs that every tenant of the original has.
    static var wellKnown: [ResourceServer] {
        [
            ResourceServer(
                appID: graphAppID, displayName: "Microsoft Graph", identifiers: ["https://graph.microsoft.com"],
                tokenVersion: .v1, roles: AppRole.ofGraph),
            ResourceServer(
                appID: GUID(constant: "00000002-0000-0ff1-ce00-000000000000"),
                displayName: "Office 365 Exchange Online",
                identifiers: ["https://outlook.office365.com", "https://outlook.office.com"], tokenVersion: .v1),
            ResourceServer(
                appID: GUID(constant: "00000003-0000-0ff1-ce00-000000000000"),
                displayName: "Office 365 SharePoint Online", identifiers: ["https://microsoft.sharepoint-df.com"],
                tokenVersion: .v1),
        ]
    }
}
