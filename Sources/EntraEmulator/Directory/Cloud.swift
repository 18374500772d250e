/// The national cloud a tenant lives in, and the hosts that serve it (Microsoft: national cloud deployments).
enum Cloud: String, Sendable, CaseIterable {
    case global = "public"
    case usGovernment = "usgov"
    case usDefense = "usgov_dod"
    case china

    var loginHost: String {
        switch self {
        case .global: "login.microsoftonline.com"
        case .usGovernment, .usDefense: "login.microsoftonline.us"
        case .china: "login.partner.microsoftonline.cn"
        }
    }

    var graphHost: String {
        switch self {
        case .global: "graph.microsoft.com"
        case .usGovernment: "graph.microsoft.us"
        case .usDefense: "dod-graph.microsoft.us"
        case .china: "microsoftgraph.chinacloudapi.cn"
        }
    }

    /// `cloud_graph_host_name`: the host of the retired Azure AD Graph, still in every OpenID document.
    var directoryGraphHost: String {
        switch self {
        case .global, .usGovernment, .usDefense: "graph.windows.net"
        case .china: "graph.chinacloudapi.cn"
        }
    }

    /// `cloud_instance_name` of OpenID documents.
    var instanceName: String {
        switch self {
        case .global: "microsoftonline.com"
        case .usGovernment, .usDefense: "microsoftonline.us"
        case .china: "partner.microsoftonline.cn"
        }
    }

    /// `tenant_region_scope` of OpenID documents.
    var regionScope: String {
        switch self {
        case .global: "WW"
        case .usGovernment, .usDefense: "USGov"
        case .china: "AS"
        }
    }

    /// `tenant_region_sub_scope`, present in government clouds only.
    var regionSubScope: String? {
        switch self {
        case .usGovernment: "DODCON"
        case .usDefense: "DOD"
        case .global, .china: nil
        }
    }
}
