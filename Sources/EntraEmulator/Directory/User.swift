/// One account of a tenant.
struct User: Sendable {
    /// The directory role that decides which consent the account may give.
    enum Role: String, Sendable, CaseIterable {
        case none
        case globalAdministrator = "global_administrator"
        case privilegedRoleAdministrator = "privileged_role_administrator"
        case applicationAdministrator = "application_administrator"
        case cloudApplicationAdministrator = "cloud_application_administrator"

        /// The template of the directory role (Microsoft Entra built-in roles); `nil` for none.
        var templateID: String? {
            switch self {
            case .none: nil
            case .globalAdministrator: "62e90394-69f5-4237-9190-012177145e10"
            case .privilegedRoleAdministrator: "e8611ab8-c189-46e8-94e1-60213ab1f814"
            case .applicationAdministrator: "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
            case .cloudApplicationAdministrator: "158c047a-c907-4556-b7ef-446551a6b5f7"
            }
        }

        /// Application administrators may consent to anything but application permissions of Microsoft Graph
        /// (Microsoft: grant tenant-wide admin consent, prerequisites).
        func mayGrant(includingGraph graph: Bool) -> Bool {
            switch self {
            case .none: false
            case .globalAdministrator, .privilegedRoleAdministrator: true
            case .applicationAdministrator, .cloudApplicationAdministrator: !graph
            }
        }
    }

    let id: GUID
    let displayName: String
    /// What the directory calls it; a guest has the name at home in it, marked `#EXT#`.
    let principalName: String
    let role: Role
    /// The name of a guest in the tenant it comes from; `nil` for a member.
    var homeName: String?

    /// What its owner types to sign in.
    var signInName: String { homeName ?? principalName }

    /// `sub`: one for each application, so that two of them cannot tell that it is the same user.
    func subject(for app: GUID) -> String {
        Base64Text.urlEncode(Array(GUID(naming: id.text, app.text).text.utf8))
    }

    /// `wids` of its tokens: its role, and one that tells members and guests apart.
    var roleTemplates: [String] {
        let kind =
            homeName == nil ? "b79fbf4d-3ef9-4689-8143-76b194e85509" : "13bd1c72-6f4a-4dcf-985f-18d3b80f208a"
        return [role.templateID, kind].compactMap { $0 }
    }
}
