import CurlHTTP
import FoundationEssentials
package import Tenancy

/// Finds out which tenant a domain or GUID stands for, from the OpenID document that every authority publishes.
///
/// The public host also describes government and Chinese tenants, and one name can be a different tenant in two
/// clouds, so every host is asked and the document, not the host, tells the cloud.
package struct OpenIDDiscovery: TenantDiscovery {
    private let transport: any HTTPTransport
    private let table: CloudTable

    package init(transport: any HTTPTransport, table: CloudTable) {
        self.transport = transport
        self.table = table
    }

    package func discover(
        _ reference: TenantReference, in cloud: Cloud?
    ) async throws(OnboardingError) -> DiscoveredTenant {
        let authorities = Set(table.clouds.filter { cloud == nil || $0.cloud == cloud }.map(\.authority))
        let answers = await withTaskGroup(of: Answer.self) { group in
            for authority in authorities { group.addTask { await ask(authority, for: reference) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var found: Set<DiscoveredTenant> = []
        for answer in answers {
            switch answer {
            case .tenant(let tenant): found.insert(tenant)
            case .unknown: break
            // Silence of one cloud hides whether the name means something there.
            case .failed(let why): throw OnboardingError(reference.description, .undecided(why))
            }
        }
        if let cloud { found = found.filter { $0.cloud == cloud } }
        guard let tenant = found.first else { throw OnboardingError(reference.description, .unknown) }
        guard found.count == 1 else {
            let candidates = found.sorted { $0.cloud.rawValue < $1.cloud.rawValue }
            throw OnboardingError(reference.description, .ambiguous(candidates))
        }
        return tenant
    }

    private enum Answer: Sendable {
        case tenant(DiscoveredTenant)
        case unknown
        case failed(String)
    }

    private struct Document: Decodable {
        let issuer: String
        let msgraphHost: String?
    }

    private func ask(_ authority: String, for reference: TenantReference) async -> Answer {
        let url = "\(authority)/\(reference)/v2.0/.well-known/openid-configuration"
        let response: CurlResponse
        do throws(CurlError) {
            response = try await transport.send(CurlRequest(method: .get, url: url))
        } catch {
            return .failed(error.clause)
        }
        let host = authority.dropFirst(8)
        guard response.status == 200 else {
            let refusal = AuthorityRefusal(response)
            if response.status == 400, refusal.meaning == .tenantInvalid { return .unknown }
            return .failed("\(host) answered with status \(response.status)")
        }
        guard let document = WireJSON.decode(Document.self, from: response.body),
            let cloud = table.cloud(issuer: document.issuer, graphHost: document.msgraphHost?.lowercased()),
            let id = document.issuer.split(separator: "/").compactMap({ TenantID(String($0)) }).first
        else { return .failed("\(host) sent a document that names no tenant") }
        if case .id(let asked) = reference, asked != id { return .failed("\(host) described another tenant") }
        return .tenant(DiscoveredTenant(id: id, cloud: cloud))
    }
}
