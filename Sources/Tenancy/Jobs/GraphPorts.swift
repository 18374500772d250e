package import FoundationEssentials

/// Where to read: a path we made, or the opaque address of the next page.
package enum GraphLink: Sendable, Equatable {
    case path(GraphPath)
    case next(String)
}

/// One page of a collection, each element as one line of compact JSON without its line feed.
package struct GraphPage: Sendable, Equatable {
    package let lines: [[UInt8]]
    package let next: GraphLink?

    package init(lines: [[UInt8]], next: GraphLink?) {
        self.lines = lines
        self.next = next
    }
}

/// Reads Microsoft Graph.
package protocol GraphReader: Sendable {
    /// The resource to ask tokens for in that cloud; `nil` when the cloud is not configured.
    func resource(of cloud: Cloud) -> Resource?

    /// Reads one page. The token is sent to the cloud's own Graph host and to no other.
    func page(
        _ link: GraphLink, cloud: Cloud, tenant: TenantID, token: AccessToken
    ) async throws(GraphError) -> GraphPage
}

/// Why a page was not read.
package struct GraphError: ExplainedError, Equatable {
    package enum Reason: Sendable, Equatable {
        /// The token was not accepted.
        case unauthorized
        /// The tenant's grants or policies do not allow it; Graph's error code.
        case forbidden(String)
        case throttled(TimeInterval?)
        case unavailable(String)
        /// Graph refused the request itself; status and code.
        case refused(Int, String)
        /// The next page lies on a host that is not Graph's.
        case foreignLink
        /// The reply is not what Graph sends.
        case unreadable(String)
    }

    package let tenant: TenantID
    package let reason: Reason
    /// Graph's request id.
    package let requestID: String?

    package init(_ tenant: TenantID, _ reason: Reason, requestID: String? = nil) {
        self.tenant = tenant
        self.reason = reason
        self.requestID = requestID
    }

    package var problem: Problem {
        let trace = requestID.map { AuthorityTrace(aadsts: nil, correlationID: nil, traceID: $0) }
        switch reason {
        case .unauthorized:
            return Problem(
                .upstream, code: "graph_unauthorized", detail: "Graph did not accept the token of tenant \(tenant).",
                nextStep: "Look at the consent with `tenantry consent verify \(tenant)`.", trace: trace)
        case .forbidden(let code):
            return Problem(
                .upstream, code: "graph_forbidden", detail: "Graph forbids this request in tenant \(tenant) (\(code)).",
                whoMustAct: .customerAdmin,
                nextStep: "Compare the permission that the request needs with what the tenant granted.", trace: trace)
        case .throttled(let seconds):
            return Problem(
                .throttled, code: "graph_throttled", detail: "Graph throttles tenant \(tenant).",
                whoMustAct: .nobodyWait, nextStep: "It is tried again.", isRetryable: true,
                retryAfter: seconds.map { .seconds($0) }, trace: trace)
        case .unavailable(let what):
            return Problem(
                .unavailable, code: "graph_unavailable", detail: "Graph did not answer for tenant \(tenant): \(what).",
                whoMustAct: .nobodyWait, nextStep: "It is tried again.", isRetryable: true, trace: trace)
        case .refused(let status, let code):
            return Problem(
                .upstream, code: "graph_refused",
                detail: "Graph refused the request in tenant \(tenant) with status \(status) (\(code)).",
                nextStep: "Check the path of the job.", trace: trace)
        case .foreignLink:
            return Problem(
                .upstream, code: "graph_foreign_link",
                detail: "The next page for tenant \(tenant) lies on a foreign host; the token was not sent.",
                nextStep: "Report this to Microsoft.", trace: trace)
        case .unreadable(let what):
            return Problem(
                .upstream, code: "graph_unreadable",
                detail: "Graph's reply for tenant \(tenant) cannot be read: \(what).",
                nextStep: "Check the path of the job; it must name a collection or an object in JSON.", trace: trace)
        }
    }
}

/// Where the lines of a run go: one file per tenant.
package protocol RunOutput: Sendable {
    /// Starts the tenant's file anew. It appears under its name only when ``RunFile/finish()`` has returned.
    func open(run: RunID, tenant: TenantID) throws(OutputError) -> any RunFile

    /// Where the tenant's finished file lies, for people on this machine.
    func path(run: RunID, tenant: TenantID) -> String
}

/// A file being written. Dropped without `finish`, it leaves nothing behind under its name.
package protocol RunFile: Sendable {
    /// Appends the lines, each with a line feed.
    mutating func append(_ lines: [[UInt8]]) throws(OutputError)

    /// Makes the file durable and gives it its name.
    mutating func finish() throws(OutputError)
}

/// The disk did not take the output; the text is the system's own.
package struct OutputError: ExplainedError, Equatable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }

    package var problem: Problem {
        Problem(
            .unavailable, code: "output_failed", detail: "The output could not be written: \(reason).",
            nextStep: "Check free space and permissions of the data directory.", isRetryable: true)
    }
}
