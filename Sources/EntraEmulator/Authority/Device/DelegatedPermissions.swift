/// What a client asks to do for a user, as far as it concerns Microsoft Graph.
struct DelegatedPermissions: Sendable {
    /// Values of `scp`.
    let scopes: [String]
    /// `offline_access`: whether a refresh token is wanted.
    let wantsRefresh: Bool
    /// Graph as the client spelt it.
    let audience: String

    /// What `.default` means for Microsoft's own command lines, which are consented to once and for all.
    private static let preauthorized = [
        "Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "AuditLog.Read.All",
        "DelegatedPermissionGrant.ReadWrite.All", "Directory.AccessAsUser.All", "Group.ReadWrite.All", "User.Read.All",
        "User.ReadWrite.All",
    ]
    private static let identity: Set<String> = ["openid", "profile", "email", "offline_access"]

    /// - Throws: `AuthorityError` when a scope is of another resource, or does not exist.
    init(_ text: String, directory: Directory) throws(AuthorityError) {
        var scopes: [String] = []
        var wantsRefresh = false
        var audience: String?
        for scope in text.split(separator: " ").map(String.init) {
            if Self.identity.contains(scope.lowercased()) {
                if scope.lowercased() == "offline_access" { wantsRefresh = true } else { scopes.append(scope) }
                continue
            }
            var value = scope
            if let slash = scope.lastIndex(of: "/") {
                let resource = String(scope[..<slash])
                guard directory.resource(named: resource)?.appID == ResourceServer.graphAppID else {
                    throw .invalidScope(scope)
                }
                audience = resource
                value = String(scope[scope.index(after: slash)...])
            }
            if value == ".default" {
                scopes += Self.preauthorized
            } else {
                guard Self.exists(value) else { throw .unknownScope(value) }
                scopes.append(value)
            }
        }
        if scopes.allSatisfy({ Self.identity.contains($0.lowercased()) }) { scopes.append("User.Read") }
        self.scopes = scopes
        self.wantsRefresh = wantsRefresh
        self.audience = audience ?? "https://graph.microsoft.com"
    }

    /// `scope` of a token reply: Graph's with the resource, those about the user without.
    var grantedScopes: String {
        scopes.map { Self.identity.contains($0.lowercased()) ? $0 : "\(audience)/\($0)" }.joined(separator: " ")
    }

    private static func exists(_ value: String) -> Bool {
        preauthorized.contains(value) || ["User.ReadBasic.All", "User.ReadWrite"].contains(value)
            || DelegatedScope.ofGraph.contains { $0.value == value } || AppRole.ofGraph.contains { $0.value == value }
    }
}
