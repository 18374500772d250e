/// How a spec names an API.
package enum APIReference: Hashable, Sendable, CustomStringConvertible {
    case appID(GUID)
    /// An application ID URI.
    case uri(String)
    /// A display name that the catalogue does not know.
    case name(String)

    /// Names of the catalogue become their client id.
    package init(_ text: String) {
        if let api = PermissionCatalogue.apis.first(where: { $0.isNamed(text) }) {
            self = .appID(api.appID)
        } else if let id = GUID(text) {
            self = .appID(id)
        } else if text.hasPrefix("https://") || text.hasPrefix("api://") {
            self = .uri(text)
        } else {
            self = .name(text)
        }
    }

    package var description: String {
        switch self {
        case .appID(let id): PermissionCatalogue.apis.first { $0.appID == id }?.name ?? id.description
        case .uri(let uri): uri
        case .name(let name): name
        }
    }
}

/// Well-known APIs and application permissions, for checks without a directory and for completion. What the directory
/// says goes before it: there are hundreds of roles, and new ones each month.
///
/// Source: microsoftgraph/microsoft-graph-devx-content, permissions-descriptions.json.
package enum PermissionCatalogue {
    package struct API: Sendable {
        package let name: String
        package let appID: GUID
        /// Its application ID URI in the public cloud.
        package let uri: String

        fileprivate init?(_ name: String, _ appID: String, _ uri: String) {
            guard let id = GUID(appID) else { return nil }
            (self.name, self.appID, self.uri) = (name, id, uri)
        }

        func isNamed(_ text: String) -> Bool {
            name.lowercased() == text.lowercased() || uri == text || appID.description == text.lowercased()
        }
    }

    package static let apis = [
        API("Microsoft Graph", "00000003-0000-0000-c000-000000000000", "https://graph.microsoft.com"),
        API("Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000", "https://outlook.office365.com"),
        API(
            "Office 365 SharePoint Online", "00000003-0000-0ff1-ce00-000000000000",
            "https://microsoft.sharepoint-df.com"),
    ].compactMap { $0 }

    package static let graph = APIReference.appID(apis[0].appID)

    /// Application permissions of Microsoft Graph, by value.
    package static let graphRoles: [DirectoryPrincipal.Role] = graphTable.compactMap { value, id in
        GUID(id).map { DirectoryPrincipal.Role(id: $0, value: value) }
    }

    /// Delegated permissions that people copy from tutorials; a daemon has no use for them.
    package static let delegatedOnly: Set<String> = [
        "openid", "profile", "email", "offline_access", "User.Read", "User.ReadWrite", "User.ReadBasic.All",
        "Mail.ReadWrite.Shared", "Mail.Send.Shared", "Calendars.Read.Shared", "Files.Read", "Files.ReadWrite",
        "Contacts.Read.Shared", "Directory.AccessAsUser.All",
    ]

    /// Roles by which an app can grant itself any other. Source: reference of Microsoft Graph permissions; the first two
    /// let the holder assign roles, the others let it add credentials to apps that hold more, or write the directory.
    package static let selfEscalating: [String: String] = [
        "AppRoleAssignment.ReadWrite.All": "it lets the app grant itself every other permission",
        "RoleManagement.ReadWrite.Directory": "it lets the app make itself Global Administrator",
        "Application.ReadWrite.All": "it lets the app add credentials to apps that may do more, and act as them",
        "Directory.ReadWrite.All": "it lets the app change nearly everything in the directory",
    ]

    private static let graphTable: [(String, String)] = [
        ("AppRoleAssignment.ReadWrite.All", "06b708a9-e830-4db3-a914-8e69da51d44f"),
        ("Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"),
        ("Application.ReadWrite.All", "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9"),
        ("Application.ReadWrite.OwnedBy", "18a4783c-866b-4cc7-a460-3d5e5662c884"),
        ("AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da"),
        ("Calendars.Read", "798ee544-9d2d-430c-a058-570e29e34338"),
        ("Calendars.ReadWrite", "ef54d2bf-783f-4e0f-bca1-3210c0444d99"),
        ("ChannelMessage.Read.All", "7b2449af-6ccd-4f4d-9f78-e550c193f0d1"),
        ("Chat.Read.All", "6b7d71aa-70aa-4810-a8d9-5d9fb2830017"),
        ("Contacts.Read", "089fe4d0-434a-44c5-8827-41ba8a0b17f5"),
        ("Device.Read.All", "7438b122-aefc-4978-80ed-43db9fcc7715"),
        ("DeviceManagementManagedDevices.Read.All", "2f51be20-0bb4-4fed-bf7b-db946066c75e"),
        ("Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61"),
        ("Directory.ReadWrite.All", "19dbc75e-c2e2-444c-a770-ec69d8559fc7"),
        ("Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664"),
        ("Files.Read.All", "01d4889c-1287-42c6-ac1f-5d1e02578ef6"),
        ("Files.ReadWrite.All", "75359482-378d-4052-8f01-80520e7db3cd"),
        ("Group.Read.All", "5b567255-7703-4780-807c-7be8301ae99b"),
        ("Group.ReadWrite.All", "62a82d76-70ea-41e2-9197-370581804d09"),
        ("GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6"),
        ("IdentityRiskyUser.Read.All", "dc5007c0-2d7d-4c42-879c-2dab87571379"),
        ("Mail.Read", "810c84a8-4a9e-49e6-bf7d-12d183f40d01"),
        ("Mail.ReadBasic.All", "693c5e45-0940-467d-9b8a-1022fb9d42ef"),
        ("Mail.ReadWrite", "e2a3a72e-5f79-4c64-b1b1-878b674786c9"),
        ("Mail.Send", "b633e1c5-b582-4048-a93e-9f11b44c7e96"),
        ("MailboxSettings.Read", "40f97065-369a-49f4-947c-6a255697ae91"),
        ("Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6"),
        ("Policy.Read.All", "246dd0d5-5bd0-4def-940b-0421030a5b68"),
        ("Reports.Read.All", "230c1aed-a721-4c5d-9cb4-a90514e508ef"),
        ("RoleManagement.Read.Directory", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c"),
        ("RoleManagement.ReadWrite.Directory", "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"),
        ("SecurityAlert.Read.All", "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5"),
        ("SecurityEvents.Read.All", "bf394140-e372-4bf9-a898-299cfc7564e5"),
        ("ServiceHealth.Read.All", "79c261e0-fe76-4144-aad5-bdc68fbe4037"),
        ("Sites.Read.All", "332a536c-c7ef-4017-ab91-336970924f0d"),
        ("Sites.ReadWrite.All", "9492366f-7969-46a4-8d15-ed1a20078fff"),
        ("Sites.Selected", "883ea226-0bf2-4a8f-9f9d-92c9162a727d"),
        ("Team.ReadBasic.All", "2280dda6-0bfd-44ee-a2f4-cb867cfc4c1e"),
        ("User.Read.All", "df021288-bdef-4463-88db-98f22de89214"),
        ("User.ReadWrite.All", "741f803b-c850-494e-b5df-cde7c675a1ca"),
        ("UserAuthenticationMethod.Read.All", "38d9df27-64da-44fd-b7c5-a6fbac20248f"),
    ]
}
