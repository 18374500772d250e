/// Applications of Microsoft's own that every tenant lets sign its users in without a credential.
enum PublicClients {
    /// What the client is called: one of Microsoft's, or an application that says it is a public client. `nil` for any
    /// other.
    static func name(of client: GUID, in directory: Directory) -> String? {
        microsoft[client] ?? directory.apps[client].flatMap { $0.isPublicClient ? $0.displayName : nil }
    }

    private static let microsoft: [GUID: String] = [
        GUID(constant: "14d82eec-204b-4c2f-b7e8-296a70dab67e"): "Microsoft Graph Command Line Tools",
        GUID(constant: "04b07795-8ddb-461a-bbee-02f9e1bf7b46"): "Microsoft Azure CLI",
    ]
}
