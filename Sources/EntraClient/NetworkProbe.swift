import CurlHTTP
package import FoundationEssentials
package import Tenancy

/// Looks from outside: the authority's time, and whether an address answers.
package struct NetworkProbe: ServiceProbe {
    private let transport: any HTTPTransport
    private let table: CloudTable
    private let clock: WallClock

    package init(transport: any HTTPTransport, table: CloudTable, clock: WallClock) {
        self.transport = transport
        self.table = table
        self.clock = clock
    }

    package func clockLead(cloud: Cloud, tenant: TenantID?) async -> TimeInterval? {
        guard let authority = table[cloud]?.authority else { return nil }
        let name = tenant?.description ?? "common"
        let response = await answer("\(authority)/\(name)/v2.0/.well-known/openid-configuration")
        guard let sent = response?.header("date").flatMap(HTTPDate.parse) else { return nil }
        // The header counts whole seconds.
        let lead = clock.now().timeIntervalSince(sent)
        return (0..<1).contains(lead) ? 0 : lead
    }

    package func status(of url: String) async -> Int? { await answer(url)?.status }

    private func answer(_ url: String) async -> CurlResponse? {
        do { return try await transport.send(CurlRequest(method: .get, url: url, timeout: .seconds(5))) } catch {
            return nil
        }
    }
}
