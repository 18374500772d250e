import CurlHTTP
import EntraClient
import Foundation
import Tenancy
import Testing

@Suite("Token refusal")
struct TokenRefusalTests {
    private typealias Header = (name: String, value: String)

    // MARK: What it means

    @Test(
        "means what section 6 says of its code",
        arguments: [
            (401, "invalid_client", 7_000_229, .consentMissing), (400, "unauthorized_client", 700_016, .consentMissing),
            (400, "invalid_grant", 65_001, .consentMissing), (400, "invalid_grant", 501_051, .consentMissing),
            (400, "unauthorized_client", 7_000_112, .disabledByCustomer),
            (400, "invalid_grant", 53_003, .blockedByPolicy), (400, "invalid_grant", 530_035, .blockedByPolicy),
            (400, "invalid_tenant", 90_002, .tenantInvalid), (400, "invalid_request", 90_002, .tenantInvalid),
            (400, "invalid_tenant", 900_021, .tenantInvalid),
            (401, "invalid_client", 7_000_215, .ourCredential), (401, "invalid_client", 7_000_222, .ourCredential),
            (401, "invalid_client", 700_027, .ourCredential), (400, "invalid_client", 700_024, .ourCredential),
            (400, "invalid_scope", 1_002_012, .ourRequest), (400, "invalid_request", 900_144, .ourRequest),
            (400, "invalid_resource", 500_011, .resourceMissing), (400, "invalid_client", 650_052, .resourceMissing),
        ] as [(Int, String, Int, AuthorityCode.Class)])
    func classes(_ status: Int, _ error: String, _ code: Int, _ expected: AuthorityCode.Class) async {
        let door = TokenDoor(Replies.error(status, error, code))
        let refusal = await door.refusal()
        #expect(refusal?.reason == .refused(expected))
        #expect(
            refusal?.trace
                == AuthorityTrace(aadsts: code, correlationID: guid(6).description, traceID: guid(5).description))
        #expect(door.requests.count == 1, "such a reply is never asked for twice")
    }

    @Test("of an unknown code is kept as it is, and says nothing about consent")
    func unknownCode() async {
        let error = await TokenDoor(Replies.error(400, "invalid_grant", 999_999)).refusal()
        #expect(error?.reason == .refusedUnknown("AADSTS999999") && error?.trace?.aadsts == 999_999)
        #expect(error?.deniesConsent == false && error?.problem.isRetryable == false)
    }

    @Test("of 700229 is not taken for 7000229")
    func lookalike() async {
        #expect(await TokenDoor(Replies.error(401, "invalid_client", 700_229)).refusal()?.deniesConsent == false)
    }

    @Test("is read from the description when it lists no codes", arguments: ["", #","error_codes":[]"#])
    func description(_ codes: String) async {
        let body =
            #"{"error":"invalid_client","error_description":"AADSTS7000229: No service principal. AADSTS65001"\#(codes)}"#
        let error = await TokenDoor(.json(401, body)).refusal()
        #expect(error?.reason == .refused(.consentMissing) && error?.trace?.aadsts == 7_000_229)
    }

    @Test("goes by the first code it lists, not by the text")
    func firstCode() async {
        let body = #"{"error":"x","error_description":"AADSTS65001: x","error_codes":[7000215,65001]}"#
        #expect(await TokenDoor(.json(401, body)).refusal()?.reason == .refused(.ourCredential))
    }

    @Test("without any code is known by its OAuth error")
    func oauthError() async {
        let error = await TokenDoor(.json(400, #"{"error":"invalid_client"}"#)).refusal()
        #expect(error?.reason == .refusedUnknown("invalid_client"))
    }

    @Test("shows nothing that could steer a terminal, and no secret")
    func hostile() async throws {
        let body =
            #"{"error":"x\u001b[31m\r\n\u0000y","error_description":"s3cr3t~","correlation_id":"\u001b","trace_id":"1"}"#
        let error = try #require(await TokenDoor(.json(400, body)).refusal())
        let text = "\(error) \(String(reflecting: error))"
        #expect(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect(!text.contains("s3cr3t"))
        #expect(error.trace?.correlationID == nil && error.trace?.traceID == nil)
    }

    @Test("takes its ids from the headers when the body has none")
    func idsOfHeaders() async {
        let headers: [Header] = [
            ("X-MS-Request-Id", guid(5).description), ("client-request-id", guid(6).description.uppercased()),
        ]
        let error = await TokenDoor(.json(500, "<html>", headers: headers)).refusal()
        #expect(
            error?.trace
                == AuthorityTrace(aadsts: nil, correlationID: guid(6).description, traceID: guid(5).description))
    }

    // MARK: Once more, or not

    @Test(
        "by 400 or 401 is never asked for again, whatever its body is", arguments: [400, 401],
        ["", "<html>Bad Request</html>", "{}", "null", #"{"error":"invalid_client"}"#])
    func neverAgain(_ status: Int, _ body: String) async {
        let door = TokenDoor(.json(status, body))
        _ = await door.refusal()
        #expect(door.requests.count == 1)
    }

    @Test("by 5xx is passing trouble, and asked for once", arguments: [500, 502, 503, 504, 599])
    func serverError(_ status: Int) async {
        let door = TokenDoor(.json(status, "<html>Our services aren't available right now</html>"))
        #expect(await door.refusal()?.reason == .unavailable("it answered with status \(status)"))
        #expect(door.requests.count == 1)
    }

    @Test("by a failing network is passing trouble, told without the request")
    func network() async {
        let door = TokenDoor(.failure(.timedOut))
        #expect(await door.refusal()?.reason == .unavailable("the server did not answer in time"))
        #expect(door.requests.count == 1)
    }

    @Test(
        "by 5xx with Retry-After is a pause for others to keep, not to be waited for in the call",
        arguments: [500, 503])
    func serverErrorWithPause(_ status: Int) async {
        let door = TokenDoor(.json(status, "", headers: [("Retry-After", "30")]))
        #expect(await door.refusal()?.reason == .overloaded(30))
        #expect(door.requests.count == 1)
    }

    @Test(
        "of passing trouble in the directory can be tried again", arguments: [90_033, 90_024, 50_033, 90_006, 90_012])
    func transient(_ code: Int) async {
        let error = await TokenDoor(Replies.error(400, "temporarily_unavailable", code)).refusal()
        #expect(error?.problem.isRetryable == true && error?.deniesConsent == false)
    }

    @Test("by cancellation is final")
    func cancelled() async {
        let door = TokenDoor(.failure(.cancelled))
        #expect(await door.refusal() != nil)
        #expect(door.requests.count == 1)
    }

    @Test(
        "by our own client, which will not send such a request, is final",
        arguments: [.refused(reason: "No."), .shutDown] as [CurlError])
    func notSent(_ error: CurlError) async {
        let door = TokenDoor(.failure(error))
        #expect(await door.refusal() != nil)
        #expect(door.requests.count == 1)
    }

    // MARK: Throttling

    @Test(
        "by 429 is plain text, and the header says how long",
        arguments: [
            ("60", 60), ("1", 1), ("2.128", 2.128), ("0", 1), ("-5", 1), ("86400", 3_600),
            ("99999999999999999999", 3_600),
            ("soon", 60), ("", 60), ("nan", 60), ("1 s", 60), (nil, 60),
        ] as [(String?, Double)])
    func throttled(_ header: String?, _ seconds: Double) async {
        let headers: [Header] = header.map { [("Retry-After", $0)] } ?? []
        let door = TokenDoor(.json(429, "Too Many Requests", headers: headers))
        #expect(await door.refusal()?.reason == .throttled(seconds))
        #expect(door.requests.count == 1)
    }

    @Test("by 429 with a date is held against the reply's own date, not against our clock")
    func throttledUntil() async {
        let headers: [Header] = [
            ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Retry-After", "Sun, 06 Nov 1994 08:50:07 GMT"),
        ]
        #expect(await TokenDoor(.json(429, "", headers: headers)).refusal()?.reason == .throttled(30))
    }

    @Test("by 429 stays throttling, whatever the body says")
    func throttledWithCode() async {
        #expect(await TokenDoor(Replies.error(429, "invalid_client", 7_000_229)).refusal()?.reason == .throttled(60))
    }
}
