import CurlHTTP
import FoundationEssentials
import Tenancy

/// An error reply of the authority, read leniently: the status decides before the body, which may be plain text or
/// HTML.
struct AuthorityRefusal {
    let status: Int
    /// The OAuth `error`; empty when the body is not JSON.
    let error: String
    let trace: AuthorityTrace
    /// Seconds, clamped to 1...3600; `nil` when the header is absent or unreadable.
    let retryAfter: TimeInterval?

    private struct Body: Decodable {
        let error: String?
        let errorDescription: String?
        let errorCodes: [Int]?
        let correlationId: String?
        let traceId: String?
    }

    init(_ response: CurlResponse) {
        let body = WireJSON.decode(Body.self, from: response.body)
        status = response.status
        error = String((body?.error ?? "").filter { $0.isASCII && ($0.isLetter || $0 == "_") }.prefix(60))
        let aadsts = body?.errorCodes?.first ?? body?.errorDescription.flatMap(AuthorityCode.leading)
        trace = AuthorityTrace(
            of: response, aadsts: aadsts, correlationID: body?.correlationId, traceID: body?.traceId)
        retryAfter = RetryAfter.seconds(in: response)
    }

    /// What it says about the tenant or about us; `nil` when this version does not know.
    var meaning: AuthorityCode.Class? {
        trace.aadsts.flatMap(AuthorityCode.lookUp)?.class
    }
}

extension AuthorityTrace {
    /// By the ids in a reply's body, else by those in its headers.
    init(of response: CurlResponse, aadsts: Int? = nil, correlationID: String? = nil, traceID: String? = nil) {
        self.init(
            aadsts: aadsts,
            correlationID: Self.identifier(correlationID, response.header("client-request-id")),
            traceID: Self.identifier(traceID, response.header("x-ms-request-id")))
    }

    /// Ids come from outside and go into logs and terminals, so only GUIDs pass; the first one that is.
    private static func identifier(_ candidates: String?...) -> String? {
        candidates.lazy.compactMap { $0.flatMap { GUID($0) } }.first?.description
    }
}

/// Reads `Retry-After` as Microsoft's services send it.
enum RetryAfter {
    /// Seconds as an integer or decimal, or an HTTP date held against the reply's own `Date`; clamped to 1...3600.
    static func seconds(in response: CurlResponse) -> TimeInterval? {
        guard let value = response.header("retry-after")?.filter({ $0 != "\t" }) else { return nil }
        if let seconds = Double(value), seconds.isFinite { return clamp(seconds) }
        guard let until = HTTPDate.parse(value), let sent = response.header("date").flatMap(HTTPDate.parse) else {
            return nil
        }
        return clamp(until.timeIntervalSince(sent))
    }

    private static func clamp(_ seconds: TimeInterval) -> TimeInterval { min(max(seconds, 1), 3_600) }
}
