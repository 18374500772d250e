/// What application permissions are called on the consent page (Microsoft Graph permissions reference).
enum PermissionCatalog {
    /// The page's wording of a permission; the permission's own name when it is not known.
    static func title(of role: String) -> String {
        titles[role] ?? role
    }

    private static let titles = [
        "Application.Read.All": "Read all applications",
        "Application.ReadWrite.All": "Read and write all applications",
        "Application.ReadWrite.OwnedBy": "Manage apps that this app creates or owns",
        "AppRoleAssignment.ReadWrite.All": "Manage app permission grants and app role assignments",
        "AuditLog.Read.All": "Read all audit log data",
        "Calendars.Read": "Read calendars in all mailboxes",
        "Calendars.ReadWrite": "Read and write calendars in all mailboxes",
        "ChannelMessage.Read.All": "Read all channel messages",
        "Chat.Read.All": "Read all chat messages",
        "Contacts.Read": "Read contacts in all mailboxes",
        "Device.Read.All": "Read all devices",
        "DeviceManagementManagedDevices.Read.All": "Read Microsoft Intune devices",
        "Directory.Read.All": "Read directory data",
        "Directory.ReadWrite.All": "Read and write directory data",
        "Domain.Read.All": "Read domains",
        "Files.Read.All": "Read files in all site collections",
        "Files.ReadWrite.All": "Read and write files in all site collections",
        "Group.Read.All": "Read all groups",
        "Group.ReadWrite.All": "Read and write all groups",
        "GroupMember.Read.All": "Read all group memberships",
        "IdentityRiskyUser.Read.All": "Read all identity risky user information",
        "Mail.Read": "Read mail in all mailboxes",
        "Mail.ReadBasic.All": "Read basic mail in all mailboxes",
        "Mail.ReadWrite": "Read and write mail in all mailboxes",
        "Mail.Send": "Send mail as any user",
        "MailboxSettings.Read": "Read all user mailbox settings",
        "Organization.Read.All": "Read organization information",
        "Policy.Read.All": "Read your organization's policies",
        "Reports.Read.All": "Read all usage reports",
        "RoleManagement.Read.Directory": "Read all directory RBAC settings",
        "RoleManagement.ReadWrite.Directory": "Read and write all directory RBAC settings",
        "SecurityAlert.Read.All": "Read all security alerts",
        "SecurityEvents.Read.All": "Read your organization’s security events",
        "ServiceHealth.Read.All": "Read service health",
        "Sites.Read.All": "Read items in all site collections",
        "Sites.ReadWrite.All": "Read and write items in all site collections",
        "Sites.Selected": "Access selected site collections",
        "Team.ReadBasic.All": "Get a list of all teams",
        "User.Read.All": "Read all users' full profiles",
        "User.ReadWrite.All": "Read and write all users' full profiles",
        "UserAuthenticationMethod.Read.All": "Read all users' authentication methods",
    ]
}
