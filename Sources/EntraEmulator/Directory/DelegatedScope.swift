/// A delegated permission of Microsoft Graph: what an application may do for a user who may do it too.
struct DelegatedScope: Sendable {
    let id: GUID
    let value: String

    /// Those that signing in and registering an application take (Microsoft Graph permissions reference).
    static let ofGraph = [
        DelegatedScope(id: GUID(constant: "e1fe6dd8-ba31-4d61-89e7-88639da4683d"), value: "User.Read"),
        DelegatedScope(id: GUID(constant: "c79f8feb-a9db-4090-85f9-90d820caa0eb"), value: "Application.Read.All"),
        DelegatedScope(id: GUID(constant: "bdfbf15f-ee85-4955-8675-146e8e5296b5"), value: "Application.ReadWrite.All"),
        DelegatedScope(
            id: GUID(constant: "84bccea3-f856-4a8a-967b-dbe0a3d53a64"), value: "AppRoleAssignment.ReadWrite.All"),
        DelegatedScope(id: GUID(constant: "06da0dbc-49e2-44d2-8312-53f166ab848a"), value: "Directory.Read.All"),
    ]
}
