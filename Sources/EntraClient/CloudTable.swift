package import Tenancy

/// The hosts of one cloud. Always built from this table, never taken from a document.
package struct CloudEndpoints: Sendable, Equatable {
    package let cloud: Cloud
    /// The origin of the login authority, without a trailing slash.
    package let authority: String
    /// The Microsoft Graph root, without a trailing slash.
    package let graph: String

    package init(cloud: Cloud, authority: String, graph: String) {
        self.cloud = cloud
        self.authority = authority
        self.graph = graph
    }

    /// The token endpoint of that tenant; also the audience of a client assertion.
    func tokenEndpoint(of tenant: TenantID) -> String { "\(authority)/\(tenant)/oauth2/v2.0/token" }

    /// Where that tenant's authority publishes the keys it signs with.
    func keysEndpoint(of tenant: TenantID) -> String { "\(authority)/\(tenant)/discovery/v2.0/keys" }

    /// The `iss` of that tenant's v2 tokens.
    func issuer(of tenant: TenantID) -> String { "\(authority)/\(tenant)/v2.0" }
}

/// The clouds this process talks to.
///
/// Source: learn.microsoft.com/entra/identity-platform/authentication-national-cloud and
/// learn.microsoft.com/graph/deployments.
package struct CloudTable: Sendable {
    package let clouds: [CloudEndpoints]
    /// Other names of the hosts, as they appear in issuers.
    private static let aliases = [
        "sts.windows.net": "login.microsoftonline.com", "login.windows.net": "login.microsoftonline.com",
        "login.microsoft.com": "login.microsoftonline.com", "login.usgovcloudapi.net": "login.microsoftonline.us",
        "login.chinacloudapi.cn": "login.partner.microsoftonline.cn",
    ]

    package static let microsoft = CloudTable(clouds: [
        CloudEndpoints(
            cloud: .public, authority: "https://login.microsoftonline.com", graph: "https://graph.microsoft.com"),
        CloudEndpoints(
            cloud: .usGov, authority: "https://login.microsoftonline.us", graph: "https://graph.microsoft.us"),
        CloudEndpoints(
            cloud: .usGovDoD, authority: "https://login.microsoftonline.us", graph: "https://dod-graph.microsoft.us"),
        CloudEndpoints(
            cloud: .china, authority: "https://login.partner.microsoftonline.cn",
            graph: "https://microsoftgraph.chinacloudapi.cn"),
    ])

    private init(clouds: [CloudEndpoints]) {
        self.clouds = clouds
    }

    /// One authority of your own in the place of the public cloud, and no other cloud: an emulator, a proxy.
    ///
    /// - Returns: `nil` unless both are `https://host[:port]`.
    package init?(authority: String, graph: String) {
        guard let authority = Self.origin(authority), let graph = Self.origin(graph) else { return nil }
        clouds = [CloudEndpoints(cloud: .public, authority: authority, graph: graph)]
    }

    /// Whether it has a path, as the issuers of other OAuth 2.0 authorities do; those of Entra ID are origins.
    package static func isForeign(_ authority: String) -> Bool {
        authority.hasPrefix("https://") && authority.dropFirst(8).split(separator: "/").count > 1
    }

    package subscript(cloud: Cloud) -> CloudEndpoints? { clouds.first { $0.cloud == cloud } }

    /// The cloud that an OpenID document describes: the issuer's host decides, and where two clouds share it, the
    /// Graph host.
    func cloud(issuer: String, graphHost: String?) -> Cloud? {
        guard let host = Self.host(of: issuer) else { return nil }
        let known = clouds + Self.microsoft.clouds
        let matches = known.filter { Self.host(of: $0.authority) == Self.aliases[host] ?? host }
        return (matches.first { Self.host(of: $0.graph) == graphHost } ?? matches.first)?.cloud
    }

    /// Host and port in lower case.
    private static func host(of url: String) -> String? {
        guard url.lowercased().hasPrefix("https://") else { return nil }
        return url.dropFirst(8).prefix { $0 != "/" && $0 != "?" && $0 != "#" }.lowercased()
    }

    /// `name`, `address` or `[address]`, with a port of 1 to 65535 or without one.
    private static func isAuthority(_ host: String) -> Bool {
        let bracket = host.lastIndex(of: "]")
        let colon = host[(bracket ?? host.startIndex)...].firstIndex(of: ":")
        let name = host[..<(colon ?? host.endIndex)]
        if let colon, UInt16(host[host.index(after: colon)...]).map({ $0 > 0 }) != true { return false }
        let inner = name.hasPrefix("[") && name.hasSuffix("]") ? name.dropFirst().dropLast() : name
        return !inner.isEmpty
            && inner.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
                case 0x3a: bracket != nil
                default: false
                }
            }
    }

    private static func origin(_ text: String) -> String? {
        let bare = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard let host = host(of: bare), !host.isEmpty, bare.utf8.count == host.utf8.count + 8,
            isAuthority(host)
        else { return nil }
        return "https://" + host
    }
}
