import Synchronization
import Tenancy

/// Microsoft's discovery, knowing what the test says.
final class ScriptedDiscovery: TenantDiscovery {
    private let known: [String: Result<DiscoveredTenant, OnboardingError>]
    private let asked = Mutex<[(reference: TenantReference, cloud: Cloud?)]>([])

    /// - Parameter known: by GUID or domain; whatever is not there is unknown.
    init(_ known: [String: Result<DiscoveredTenant, OnboardingError>]) {
        self.known = known
    }

    /// Every GUID is a tenant of the public cloud, and so are these domains.
    static func domains(_ domains: [String: Int], ids: [Int] = []) -> ScriptedDiscovery {
        var known: [String: Result<DiscoveredTenant, OnboardingError>] = [:]
        for (domain, number) in domains { known[domain] = .success(.init(id: tenantID(number), cloud: .public)) }
        for number in ids {
            known[tenantID(number).description] = .success(.init(id: tenantID(number), cloud: .public))
        }
        return ScriptedDiscovery(known)
    }

    var clouds: [Cloud?] { asked.withLock { $0.map(\.cloud) } }
    var calls: Int { asked.withLock { $0.count } }

    func discover(_ reference: TenantReference, in cloud: Cloud?) async throws(OnboardingError) -> DiscoveredTenant {
        asked.withLock { $0.append((reference, cloud)) }
        guard let answer = known[reference.description] else { throw OnboardingError(reference.description, .unknown) }
        return try answer.get()
    }
}
