import FoundationEssentials

/// Reads one tenant's collection to its end and writes it down.
package struct GraphExport: Sendable {
    private let tokens: TokenBroker
    private let graph: any GraphReader
    private let output: any RunOutput
    /// A collection longer than this is taken for a loop of next links.
    private static let longestCollection = 1_000_000

    package init(tokens: TokenBroker, graph: any GraphReader, output: any RunOutput) {
        self.tokens = tokens
        self.graph = graph
        self.output = output
    }

    /// One attempt for one tenant. Never throws: what goes wrong is the tenant's outcome.
    func execute(_ path: GraphPath, tenant: TenantID, app: App, run: RunID) async -> ItemOutcome {
        guard let resource = graph.resource(of: app.cloud) else {
            return .failed(
                Fault(
                    code: "cloud_not_configured", detail: "This service has no Graph for cloud \(app.cloud.rawValue).",
                    whoMustAct: .you))
        }
        do {
            var file = try output.open(run: run, tenant: tenant)
            var token = try await tokens.token(TokenRequest(app: app, tenant: tenant, resource: resource))
            var link: GraphLink? = .path(path)
            var pages = 0
            var rows = 0
            while let here = link {
                try Task.checkCancellation()
                guard pages < Self.longestCollection else { throw GraphError(tenant, .unreadable("it never ends")) }
                let page = try await page(here, app: app, tenant: tenant, resource: resource, token: &token)
                try file.append(page.lines)
                rows += page.lines.count
                pages += 1
                guard page.next != here else {
                    throw GraphError(tenant, .unreadable("a page names itself as the next"))
                }
                link = page.next
            }
            try file.finish()
            return .succeeded(rows: rows)
        } catch {
            return Task.isCancelled ? .interrupted : Self.outcome(of: error)
        }
    }

    /// Reads a page; a token that Graph refuses is replaced once.
    private func page(
        _ link: GraphLink, app: App, tenant: TenantID, resource: Resource, token: inout AccessToken
    ) async throws -> GraphPage {
        do throws(GraphError) {
            return try await graph.page(link, cloud: app.cloud, tenant: tenant, token: token)
        } catch  where error.reason == .unauthorized {
            token = try await tokens.token(
                TokenRequest(app: app, tenant: tenant, resource: resource, rejected: token.digest))
            return try await graph.page(link, cloud: app.cloud, tenant: tenant, token: token)
        }
    }

    private static func outcome(of error: any Error) -> ItemOutcome {
        switch error {
        case let error as TokenError:
            if case .notConnected = error.reason { return .skipped(Fault(error.problem)) }
            return outcome(of: error.problem)
        case let error as any ExplainedError: return outcome(of: error.problem)
        default: return .interrupted
        }
    }

    private static func outcome(of problem: Problem) -> ItemOutcome {
        guard problem.isRetryable else { return .failed(Fault(problem)) }
        return .retry(after: problem.retryAfter.map { $0 / .seconds(1) }, Fault(problem))
    }
}
