import Foundation
import Synchronization
import Tenancy

/// Microsoft Graph, answering as the test says, and remembering what it was asked.
final class ScriptedGraph: GraphReader {
    enum Answer: Sendable {
        case page(GraphPage)
        case failure(GraphError.Reason)

        /// A page with these lines, and a next one when it has a link.
        static func lines(_ lines: [String], next: String? = nil) -> Answer {
            .page(GraphPage(lines: lines.map { Array($0.utf8) }, next: next.map { .next($0) }))
        }
    }

    struct Call: Sendable {
        let link: GraphLink
        let tenant: TenantID
        let token: Secret<String>
        /// How often this tenant was asked, this call included.
        let number: Int
    }

    private let asked = Mutex<[Call]>([])
    private let answer: @Sendable (Call) async -> Answer

    init(_ answer: @escaping @Sendable (Call) async -> Answer) {
        self.answer = answer
    }

    /// Answers that the token belongs to the tenant that it does belong to.
    static let truthful = ScriptedGraph { .lines(["{\"id\":\"\($0.tenant)\"}"]) }

    var calls: [Call] { asked.withLock { $0 } }

    func resource(of cloud: Cloud) -> Resource? { cloud == .public ? graph : nil }

    func page(
        _ link: GraphLink, cloud: Cloud, tenant: TenantID, token: AccessToken
    ) async throws(GraphError) -> GraphPage {
        let call = asked.withLock { asked in
            let earlier = asked.count { $0.tenant == tenant }
            asked.append(Call(link: link, tenant: tenant, token: token.value, number: earlier + 1))
            return asked[asked.count - 1]
        }
        switch await answer(call) {
        case .page(let page): return page
        case .failure(let reason): throw GraphError(tenant, reason)
        }
    }
}
