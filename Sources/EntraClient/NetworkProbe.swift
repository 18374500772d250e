import CurlHTTP
import FoundationEssentials
package import Tenancy

/// Looks from outside: what the authority is, its time, and whether an address answers.
package struct NetworkProbe: ServiceProbe {
    private let transport: any HTTPTransport
    private let table: CloudTable
    private let clock: WallClock

    package init(transport: any HTTPTransport, table: CloudTable, clock: WallClock) {
        self.transport = transport
        self.table = table
        self.clock = clock
    }

    package func authority(of cloud: Cloud, tenant: TenantID?) async -> AuthoritySign? {
        guard let authority = table[cloud]?.authority else { return nil }
        let name = tenant?.description ?? "common"
        guard let response = await answer("\(authority)/\(name)/v2.0/.well-known/openid-configuration") else {
            return nil
        }
        return AuthoritySign(clockLead: clockLead(response), isEntra: Self.isEntra(response, at: authority))
    }

    private func clockLead(_ response: CurlResponse) -> TimeInterval? {
        guard let sent = response.header("date").flatMap(HTTPDate.parse) else { return nil }
        // The header counts whole seconds.
        let lead = clock.now().timeIntervalSince(sent)
        return (0..<1).contains(lead) ? 0 : lead
    }

    private struct Document: Decodable {
        let issuer: String
        let tokenEndpoint: String
    }

    /// Entra's endpoints lie below one segment for the tenant. Another authority has no such document, or puts them
    /// elsewhere; where they are is never taken from it.
    private static func isEntra(_ response: CurlResponse, at authority: String) -> Bool? {
        switch response.status {
        case 200:
            guard let document = WireJSON.decode(Document.self, from: response.body) else { return false }
            return isTenants(document.issuer, at: authority, "/v2.0")
                && isTenants(document.tokenEndpoint, at: authority, "/oauth2/v2.0/token")
        case 404: return false
        default: return nil
        }
    }

    private static func isTenants(_ url: String, at authority: String, _ path: String) -> Bool {
        guard url.hasPrefix(authority + "/"), url.hasSuffix(path) else { return false }
        let segment = url.dropFirst(authority.count + 1).dropLast(path.count)
        return !segment.isEmpty && !segment.contains("/")
    }

    package func status(of url: String) async -> Int? { await answer(url)?.status }

    private func answer(_ url: String) async -> CurlResponse? {
        do { return try await transport.send(CurlRequest(method: .get, url: url, timeout: .seconds(5))) } catch {
            return nil
        }
    }
}
