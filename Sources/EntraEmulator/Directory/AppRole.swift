/// An application permission of a resource: an identifier for requests, a value for tokens.
struct AppRole: Sendable {
    let id: GUID
    let value: String

    /// The role of that value; the same one always.
    init(_ value: String, of resource: GUID) {
        self.value = value
        let published = resource == ResourceServer.graphAppID ? Self.graph[value] : nil
        id = published ?? GUID(naming: resource.text, "role", value)
    }

    /// Every role of Microsoft Graph known by its published identifier.
    static var ofGraph: [AppRole] {
        graph.keys.sorted().map { AppRole($0, of: ResourceServer.graphAppID) }
    }

    /// Microsoft Graph permissions reference: identifiers of application permissions, the same in every tenant.
    private static let graph: [String: GUID] = [
        "Application.Read.All": GUID(constant: "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"),
        "Application.ReadWrite.All": GUID(constant: "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9"),
        "Application.ReadWrite.OwnedBy": GUID(constant: "18a4783c-866b-4cc7-a460-3d5e5662c884"),
        "AppRoleAssignment.ReadWrite.All": GUID(constant: "06b708a9-e830-4db3-a914-8e69da51d44f"),
        "AuditLog.Read.All": GUID(constant: "b0afded3-3588-46d8-8b3d-9842eff778da"),
        "Calendars.Read": GUID(constant: "798ee544-9d2d-430c-a058-570e29e34338"),
        "Calendars.ReadWrite": GUID(constant: "ef54d2bf-783f-4e0f-bca1-3210c0444d99"),
        "ChannelMessage.Read.All": GUID(constant: "7b2449af-6ccd-4f4d-9f78-e550c193f0d1"),
        "Chat.Read.All": GUID(constant: "6b7d71aa-70aa-4810-a8d9-5d9fb2830017"),
        "Contacts.Read": GUID(constant: "089fe4d0-434a-44c5-8827-41ba8a0b17f5"),
        "Device.Read.All": GUID(constant: "7438b122-aefc-4978-80ed-43db9fcc7715"),
        "DeviceManagementManagedDevices.Read.All": GUID(constant: "2f51be20-0bb4-4fed-bf7b-db946066c75e"),
        "Directory.Read.All": GUID(constant: "7ab1d382-f21e-4acd-a863-ba3e13f7da61"),
        "Directory.ReadWrite.All": GUID(constant: "19dbc75e-c2e2-444c-a770-ec69d8559fc7"),
        "Domain.Read.All": GUID(constant: "dbb9058a-0e50-45d7-ae91-66909b5d4664"),
        "Files.Read.All": GUID(constant: "01d4889c-1287-42c6-ac1f-5d1e02578ef6"),
        "Files.ReadWrite.All": GUID(constant: "75359482-378d-4052-8f01-80520e7db3cd"),
        "Group.Read.All": GUID(constant: "5b567255-7703-4780-807c-7be8301ae99b"),
        "Group.ReadWrite.All": GUID(constant: "62a82d76-70ea-41e2-9197-370581804d09"),
        "GroupMember.Read.All": GUID(constant: "98830695-27a2-44f7-8c18-0c3ebc9698f6"),
        "IdentityRiskyUser.Read.All": GUID(constant: "dc5007c0-2d7d-4c42-879c-2dab87571379"),
        "Mail.Read": GUID(constant: "810c84a8-4a9e-49e6-bf7d-12d183f40d01"),
        "Mail.ReadBasic.All": GUID(constant: "693c5e45-0940-467d-9b8a-1022fb9d42ef"),
        "Mail.ReadWrite": GUID(constant: "e2a3a72e-5f79-4c64-b1b1-878b674786c9"),
        "Mail.Send": GUID(constant: "b633e1c5-b582-4048-a93e-9f11b44c7e96"),
        "MailboxSettings.Read": GUID(constant: "40f97065-369a-49f4-947c-6a255697ae91"),
        "Organization.Read.All": GUID(constant: "498476ce-e0fe-48b0-b801-37ba7e2685c6"),
        "Policy.Read.All": GUID(constant: "246dd0d5-5bd0-4def-940b-0421030a5b68"),
        "Reports.Read.All": GUID(constant: "230c1aed-a721-4c5d-9cb4-a90514e508ef"),
        "RoleManagement.Read.Directory": GUID(constant: "483bed4a-2ad3-4361-a73b-c83ccdbdc53c"),
        "RoleManagement.ReadWrite.Directory": GUID(constant: "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"),
        "SecurityAlert.Read.All": GUID(constant: "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5"),
        "SecurityEvents.Read.All": GUID(constant: "bf394140-e372-4bf9-a898-299cfc7564e5"),
        "ServiceHealth.Read.All": GUID(constant: "79c261e0-fe76-4144-aad5-bdc68fbe4037"),
        "Sites.Read.All": GUID(constant: "332a536c-c7ef-4017-ab91-336970924f0d"),
        "Sites.ReadWrite.All": GUID(constant: "9492366f-7969-46a4-8d15-ed1a20078fff"),
        "Sites.Selected": GUID(constant: "883ea226-0bf2-4a8f-9f9d-92c9162a727d"),
        "Team.ReadBasic.All": GUID(constant: "2280dda6-0bfd-44ee-a2f4-cb867cfc4c1e"),
        "User.Read.All": GUID(constant: "df021288-bdef-4463-88db-98f22de89214"),
        "User.ReadWrite.All": GUID(constant: "741f803b-c850-494e-b5df-cde7c675a1ca"),
        "UserAuthenticationMethod.Read.All": GUID(constant: "38d9df27-64da-44fd-b7c5-a6fbac20248f"),
    ]
}
