/// An API that issues app roles, by its application ID URI or client id, without `/.default`.
package struct Resource: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Accepts `https://…` or `api://…` of printable ASCII without spaces or quotes, or a GUID; at most 255 characters.
    package init?(_ text: String) {
        let bare = text.hasSuffix("/.default") ? String(text.dropLast(9)) : text
        let printable = bare.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x22 && $0 != 0x27 && $0 != 0x5c }
        let isURI =
            (bare.hasPrefix("https://") && bare.utf8.count > 8) || (bare.hasPrefix("api://") && bare.utf8.count > 6)
        guard printable, bare.utf8.count <= 255, isURI || GUID(bare) != nil else { return nil }
        description = bare
    }

    /// Any GUID names an API.
    init(_ appID: GUID) { description = appID.description }

    /// Microsoft Graph's client id in every cloud, and the roots by which it is asked.
    static let graphID = GUID("00000003-0000-0000-c000-000000000000")
    static let graphRoots: Set = [
        "https://graph.microsoft.com", "https://graph.microsoft.us", "https://dod-graph.microsoft.us",
        "https://microsoftgraph.chinacloudapi.cn",
    ]

    /// The only scope that the client-credentials grant accepts for this resource.
    package var defaultScope: String { description + "/.default" }
}
