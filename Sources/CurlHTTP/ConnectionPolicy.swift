/// A client's configuration, checked: what holds for every transfer.
struct ConnectionPolicy: Sendable {
    let trust: TrustStore
    let proxy: RequestTarget?
    let connectTimeoutMilliseconds: Int
    let maxConnectionsPerHost: Int
    let maxIdleConnections: Int
    let userAgent: String
    let reachesPublicAddressesOnly: Bool

    init(_ configuration: CurlClient.Configuration) throws(CurlError) {
        guard configuration.connectTimeout > .zero else {
            throw .refused(reason: "The connect timeout must be above zero.")
        }
        guard configuration.maxConnectionsPerHost > 0, configuration.maxIdleConnections > 0 else {
            throw .refused(reason: "The numbers of connections must be above zero.")
        }
        guard configuration.userAgent.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw .refused(reason: "The user agent holds a control character or one outside ASCII.")
        }
        trust = try TrustStore(adding: configuration.extraCAFile)
        if let url = configuration.proxy {
            proxy = try RequestTarget(url, mayHoldCredentials: true)
        } else {
            proxy = nil
        }
        connectTimeoutMilliseconds = Self.milliseconds(configuration.connectTimeout)
        maxConnectionsPerHost = configuration.maxConnectionsPerHost
        maxIdleConnections = configuration.maxIdleConnections
        userAgent = configuration.userAgent
        reachesPublicAddressesOnly = configuration.reachesPublicAddressesOnly
    }

    /// The proxy that the request goes through; `nil` when it goes straight.
    func proxy(for request: AdmittedRequest) -> RequestTarget? {
        request.unixSocket != nil || request.target.isLoopback ? nil : proxy
    }

    /// libcurl takes 0 for "its own default"; the upper bound keeps the number inside a C int.
    private static func milliseconds(_ duration: Duration) -> Int {
        max(1, Int(min(duration, .seconds(24 * 3600)) / .milliseconds(1)))
    }
}
