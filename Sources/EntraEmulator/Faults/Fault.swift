/// One way to misbehave, armed by the control plane for a number of requests.
struct Fault: Sendable {
    enum Kind: Sendable {
        /// A literal answer.
        case literal(status: Int, headers: [(name: String, value: String)], body: String)
        /// 429; `Retry-After` word for word, or none.
        case throttle(retryAfter: String?)
        case htmlError
        case serverError
        /// 504
        case gatewayTimeout
        case close
        case hang
        /// A good token, but of another tenant.
        case wrongTenantToken
        /// 200 with a body that is no JSON.
        case garbage
        /// The request is carried out wholly, and the connection ends without an answer.
        case lostReply

        /// What the control plane calls it.
        var name: String {
            switch self {
            case .literal: "status"
            case .throttle: "throttle"
            case .htmlError: "html_500"
            case .serverError: "server_error"
            case .gatewayTimeout: "gateway_timeout"
            case .close: "close"
            case .hang: "hang"
            case .wrongTenantToken: "wrong_tenant_token"
            case .garbage: "garbage"
            case .lostReply: "lost_reply"
            }
        }
    }

    /// Which requests it is for.
    struct Match: Sendable {
        let endpoint: RequestHistory.Endpoint
        /// Identifier or domain; `nil` for every tenant.
        var tenant: String?
        var method: String?
        /// How the path begins, such as `/v1.0/applications`.
        var pathPrefix: String?

        /// - Parameter names: every name of the tenant the request is for, in lower case.
        func fits(_ incoming: Incoming, endpoint: RequestHistory.Endpoint, names: [String]) -> Bool {
            let decoded = "/" + incoming.segments.joined(separator: "/")
            return self.endpoint == endpoint
                && (tenant.map { names.contains($0.lowercased()) } ?? true)
                && (method.map { $0.uppercased() == incoming.method } ?? true)
                && (pathPrefix.map { incoming.path.hasPrefix($0) || decoded.hasPrefix($0) } ?? true)
        }
    }

    let id: Int
    let match: Match
    let kind: Kind
    /// How many requests that fit are still let through first.
    var skip: Int
    var remaining: Int

    /// Whether the right answer is given, and lost.
    var losesReply: Bool {
        if case .lostReply = kind { true } else { false }
    }

    /// The answer given instead of the right one; `nil` for a fault that changes the right answer.
    func answer(addresses: EmulatorAddresses, _ correlation: Correlation) -> Answer? {
        switch kind {
        case .literal(let status, let headers, let body):
            var answer = Answer(status: status, headers: headers, body: Array(body.utf8))
            answer.note.tenant = nil
            return answer
        case .throttle(let retryAfter): return throttled(retryAfter, correlation)
        case .htmlError:
            return .page(
                500,
                "<!DOCTYPE html><html><head><title>500 - Internal server error.</title></head>"
                    + "<body><h2>500 - Internal server error.</h2></body></html>")
        case .serverError where match.endpoint == .graph:
            return GraphError.unavailable.answer(correlation)
        case .serverError:
            return AuthorityError.directoryUnavailable.answer(
                correlation, errorURI: "\(addresses.login)/error", cacheControl: "no-store, no-cache")
        case .gatewayTimeout where match.endpoint == .graph:
            return GraphError.timedOut.answer(correlation)
        case .gatewayTimeout:
            return .page(
                504, "<!DOCTYPE html><html><head><title>504</title></head><body><h2>Gateway Timeout</h2></body></html>")
        case .close: return Answer(status: 0, delivery: .close)
        case .hang: return Answer(status: 0, delivery: .hang)
        case .wrongTenantToken, .lostReply: return nil
        case .garbage:
            return Answer(
                status: 200, headers: [("Content-Type", "application/json; charset=utf-8")],
                body: Array(#"{"token_type":"Bearer","expires_in":"#.utf8))
        }
    }

    /// The login authority says it in plain text, Graph in JSON (MSAL#2855; Graph throttling guidance).
    private func throttled(_ retryAfter: String?, _ correlation: Correlation) -> Answer {
        let headers = retryAfter.map { [("Retry-After", $0)] } ?? []
        if match.endpoint == .graph {
            var answer = GraphError.throttled.answer(correlation)
            answer.headers += headers
            return answer
        }
        return .text(429, "Too Many Requests", headers: correlation.headers + headers)
    }
}
