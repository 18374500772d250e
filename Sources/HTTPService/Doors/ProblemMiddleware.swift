import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Tenancy

/// Turns whatever a route throws into `application/problem+json` (RFC 9457).
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let response = try respond(to: error, context)
            return request.method == .head ? response.createHeadResponse() : response
        }
    }

    private func respond(to error: any Error, _ context: Context) throws -> Response {
        let problem: Problem
        switch error {
        case let error as any ExplainedError: problem = error.problem
        case let error as any HTTPResponseError: problem = Self.problem(status: error.status)
        default:
            context.logger.error("request failed unexpectedly", metadata: ["type": "\(type(of: error))"])
            problem = Problem(
                .failure, code: "internal", detail: "The service failed where it should not.",
                nextStep: "Look at the service's log at this time, and report it.")
        }
        if problem.kind == .unavailable || problem.kind == .failure {
            context.logger.warning(
                "request refused", metadata: ["code": "\(problem.code)", "detail": "\(problem.detail)"])
        }
        return try ProblemDocument(problem).response()
    }

    private static func problem(status: HTTPResponse.Status) -> Problem {
        switch status.code {
        case 404:
            Problem(
                .notFound, code: "route_unknown", detail: "There is nothing at this address.",
                nextStep: "See /openapi.yaml for what there is.")
        case 413:
            Problem(
                .tooLarge, code: "body_too_large", detail: "The request's body is larger than this route takes.",
                nextStep: "Send it in parts.")
        default:
            Problem(
                .invalid, code: "request_invalid", detail: "The request cannot be read.",
                nextStep: "See /openapi.yaml for its form.")
        }
    }
}

/// The wire form of a ``Problem``.
struct ProblemDocument: Encodable {
    let type = "about:blank"
    let status: Int
    let code: String
    let title: String
    let detail: String
    let whoMustAct: String
    let nextStep: String
    let retryable: Bool
    let retryAfterS: Int?
    let aadsts: Int?
    let correlationId: String?
    let traceId: String?
    let pointer: String?

    init(_ problem: Problem) {
        status = problem.kind.status.code
        code = problem.code
        title = problem.kind.status.reasonPhrase
        detail = problem.detail
        whoMustAct = problem.whoMustAct.rawValue
        nextStep = problem.nextStep
        retryable = problem.isRetryable
        retryAfterS = problem.retryAfter.map { Int(($0 / .seconds(1)).rounded(.up)) }
        aadsts = problem.trace?.aadsts
        correlationId = problem.trace?.correlationID
        traceId = problem.trace?.traceID
        pointer = problem.pointer
    }

    func response() throws -> Response {
        var response = try JSONBody.response(self, status: .init(code: status))
        response.headers[.contentType] = "application/problem+json"
        if let retryAfterS { response.headers[.retryAfter] = String(retryAfterS) }
        if status == 401 { response.headers[.wwwAuthenticate] = "Bearer" }
        return response
    }
}

extension Problem.Kind {
    var status: HTTPResponse.Status {
        switch self {
        case .invalid: .badRequest
        case .notFound: .notFound
        case .conflict: .conflict
        case .gone: .gone
        case .forbidden: .forbidden
        case .unauthenticated: .unauthorized
        case .tooLarge: .contentTooLarge
        case .upstream: .badGateway
        case .throttled: .tooManyRequests
        case .unavailable: .serviceUnavailable
        case .failure: .internalServerError
        }
    }
}
