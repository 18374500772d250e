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
            aadsts: aadsts,
            correlationID: Self.identifier(body?.correlationId, response.header("client-request-id")),
            traceID: Self.identifier(body?.traceId, response.header("x-ms-request-id")))
        retryAfter = RetryAfter.seconds(in: response)
    }

    /// What it says about the tenant or about us; `nil` when this version does not know.
    var meaning: AuthorityCode.Class? {
        trace.aadsts.flatMap(AuthorityCode.lookUp)?.class
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

/// Dates of HTTP headers, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
enum HTTPDate {
    static func parse(_ text: String) -> Date? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), let year = Int(parts[3]),
            let month = months.firstIndex(of: parts[2])
        else { return nil }
        let time = parts[4].split(separator: ":").compactMap { Int($0) }
        guard time.count == 3 else { return nil }
        var utc = Calendar(identifier: .gregorian)
        utc.timeZone = .gmt
        return utc.date(
            from: DateComponents(
                year: year, month: month + 1, day: day, hour: time[0], minute: time[1], second: time[2]))
    }

    private static let months: [Substring] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
