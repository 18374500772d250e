/// `/common/discovery/instance`: whether an authority host is one of Microsoft's, and its other names.
struct InstanceDiscovery {
    let addresses: EmulatorAddresses

    /// One family of hosts that stand for each other (MSAL.NET, KnownMetadataProvider).
    private struct Instance {
        let network: String
        let cache: String
        let aliases: [String]
    }

    private static let clouds = [
        Instance(
            network: "login.microsoftonline.com", cache: "login.windows.net",
            aliases: [
                "login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net",
            ]),
        Instance(
            network: "login.partner.microsoftonline.cn", cache: "login.partner.microsoftonline.cn",
            aliases: ["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"]),
        Instance(
            network: "login.microsoftonline.de", cache: "login.microsoftonline.de",
            aliases: ["login.microsoftonline.de"]),
        Instance(
            network: "login.microsoftonline.us", cache: "login.microsoftonline.us",
            aliases: ["login.microsoftonline.us", "login.usgovcloudapi.net"]),
        Instance(
            network: "login-us.microsoftonline.com", cache: "login-us.microsoftonline.com",
            aliases: ["login-us.microsoftonline.com"]),
    ]

    func reply(_ incoming: Incoming) throws(AuthorityError) -> JSON {
        guard let version = incoming.query["api-version"], ["1.0", "1.1"].contains(version),
            let endpoint = incoming.query["authorization_endpoint"], endpoint.lowercased().hasPrefix("https://")
        else { throw .malformedDiscovery }
        let parts = endpoint.dropFirst("https://".count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2, let host = parts.first.map({ $0.lowercased() }) else { throw .malformedDiscovery }
        let all = [own] + Self.clouds
        guard all.contains(where: { $0.aliases.contains(host) }) else { throw .unknownInstance(host) }
        let isV2 = endpoint.contains("/v2.0/")
        return [
            "tenant_discovery_endpoint": .string(
                "https://\(host)/\(parts[1])\(isV2 ? "/v2.0" : "")/.well-known/openid-configuration"),
            "api-version": .string(version),
            "metadata": .array(
                all.map { instance in
                    [
                        "preferred_network": .string(instance.network), "preferred_cache": .string(instance.cache),
                        "aliases": .strings(instance.aliases),
                    ]
                }),
        ]
    }

    /// The emulator's own host, so that clients which ask before they trust can use it.
    private var own: Instance {
        let hosts = EmulatorAddresses.spellings(of: addresses.login).map { String($0.dropFirst("https://".count)) }
        return Instance(network: hosts[0], cache: hosts[0], aliases: hosts)
    }
}
