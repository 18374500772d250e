import CurlHTTP
import FoundationEssentials
package import Tenancy

/// Reads Microsoft Graph, page by page.
///
/// Source: learn.microsoft.com/graph/paging, /graph/throttling, /graph/errors.
package struct GraphClient: GraphReader {
    private let transport: any HTTPTransport
    private let table: CloudTable
    private let randomness: Randomness
    /// A page larger than this is refused.
    private static let largestPage = 16 * 1_024 * 1_024

    package init(transport: any HTTPTransport, table: CloudTable, randomness: Randomness) {
        self.transport = transport
        self.table = table
        self.randomness = randomness
    }

    package func resource(of cloud: Cloud) -> Resource? {
        table[cloud].flatMap { Resource($0.graph) }
    }

    package func page(
        _ link: GraphLink, cloud: Cloud, tenant: TenantID, token: AccessToken
    ) async throws(GraphError) -> GraphPage {
        guard let root = table[cloud]?.graph else { throw GraphError(tenant, .foreignLink) }
        let url: String
        switch link {
        case .path(let path): url = root + path.description
        case .next(let address):
            // The token goes to Graph's own host or nowhere.
            guard address.hasPrefix(root + "/") else { throw GraphError(tenant, .foreignLink) }
            url = address
        }
        let request = CurlRequest(
            method: .get, url: url,
            headers: [
                ("Authorization", "Bearer \(token.value.exposed)"), ("Accept", "application/json"),
                ("client-request-id", randomness.guid().uuidString.lowercased()),
            ],
            timeout: .seconds(60), maxResponseBytes: Self.largestPage)
        let response: CurlResponse
        do throws(CurlError) {
            response = try await transport.send(request)
        } catch .responseTooLarge {
            throw GraphError(tenant, .unreadable("the page is larger than 16 MiB; ask for fewer rows with $top"))
        } catch {
            throw GraphError(tenant, .unavailable(error.clause))
        }
        guard response.status == 200 else { throw refusal(response, tenant) }
        return try page(in: response, tenant)
    }

    private func page(in response: CurlResponse, _ tenant: TenantID) throws(GraphError) -> GraphPage {
        let requestID = response.header("request-id").flatMap { GUID($0) }?.description
        guard case .object(let body)? = try? JSONDecoder().decode(JSONValue.self, from: Data(response.body)) else {
            throw GraphError(tenant, .unreadable("it is not a JSON object"), requestID: requestID)
        }
        var elements = [JSONValue.object(body)]
        if case .array(let values)? = body["value"] { elements = values }
        var next: GraphLink?
        if case .string(let address)? = body["@odata.nextLink"] { next = .next(address) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = elements.compactMap { try? encoder.encode($0) }.map { Array($0) }
        guard lines.count == elements.count else {
            throw GraphError(tenant, .unreadable("it holds a number that JSON cannot carry"), requestID: requestID)
        }
        return GraphPage(lines: lines, next: next)
    }

    private struct ErrorBody: Decodable {
        struct Inner: Decodable {
            let code: String?
        }
        let error: Inner?
    }

    private func refusal(_ response: CurlResponse, _ tenant: TenantID) -> GraphError {
        let body = try? JSONDecoder().decode(ErrorBody.self, from: Data(response.body))
        let code = String(
            (body?.error?.code ?? "no code").filter { $0.utf8.allSatisfy { (0x20...0x7e).contains($0) } }.prefix(80))
        let requestID = response.header("request-id").flatMap { GUID($0) }?.description
        let retryAfter = RetryAfter.seconds(in: response)
        let reason: GraphError.Reason =
            switch response.status {
            case 401: .unauthorized
            case 403: .forbidden(code)
            case 429: .throttled(retryAfter)
            case 500...: retryAfter.map { .throttled($0) } ?? .unavailable("it answered with status \(response.status)")
            default: .refused(response.status, code)
            }
        return GraphError(tenant, reason, requestID: requestID)
    }
}
