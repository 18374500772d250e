extension ResourceServer {
    /// Reads a resource of a scenario.
    init(_ value: JSON, at path: String) throws(ShapeError) {
        let shape = try JSONShape(
            value, at: path, known: ["app_id", "display_name", "identifiers", "token_version", "roles"])
        guard let appID = GUID(try shape.requiredString("app_id")) else {
            throw shape.error("app_id", "must be a GUID")
        }
        let identifiers = try shape.strings("identifiers") ?? []
        let version = try shape.integer("token_version", in: 1...2) ?? 2
        self.init(
            appID: appID, displayName: try shape.string("display_name") ?? identifiers.first ?? appID.text,
            identifiers: identifiers, tokenVersion: version == 1 ? .v1 : .v2)
        for role in try shape.strings("roles") ?? [] { offer(role) }
    }
}
