import CurlHTTP
import EntraClient
import Foundation
import Tenancy
import TestSupport
import Testing

@Suite("Graph client")
struct GraphClientTests {
    private static let root = "https://graph.microsoft.com"

    private func page(
        _ transport: ScriptedTransport, _ link: GraphLink? = nil, cloud: Cloud = .public, table: CloudTable = .microsoft
    ) async throws -> GraphPage {
        let path = try #require(GraphPath("/users?$top=5"))
        let token = try UnverifiedToken(value: Secret(Replies.jwt), receivedAt: testTime, lifetime: 3_600)
            .checked(for: .sample)
        return try await GraphClient(transport: transport, table: table, randomness: .counting())
            .page(link ?? .path(path), cloud: cloud, tenant: tenantID(1), token: token)
    }

    private func refusal(_ answer: ScriptedTransport.Answer) async -> GraphError? {
        await #expect(throws: GraphError.self) { try await page(ScriptedTransport(answer)) }
    }

    private func text(_ page: GraphPage) -> [String] { page.lines.map { String(decoding: $0, as: UTF8.self) } }

    // MARK: What is asked

    @Test(
        "asks the cloud's own Graph with the tenant's token",
        arguments: [
            (.public, "graph.microsoft.com"), (.usGov, "graph.microsoft.us"), (.usGovDoD, "dod-graph.microsoft.us"),
            (.china, "microsoftgraph.chinacloudapi.cn"),
        ] as [(Cloud, String)])
    func request(_ cloud: Cloud, _ host: String) async throws {
        let transport = ScriptedTransport(.json(200, #"{"value":[]}"#))
        _ = try await page(transport, cloud: cloud)
        let request = transport.requests[0]
        #expect(request.method == .get && request.url == "https://\(host)/v1.0/users?$top=5")
        #expect(request.header("authorization") == "Bearer \(Replies.jwt)")
        #expect(request.header("accept") == "application/json")
        #expect(request.header("client-request-id").flatMap { GUID($0) } != nil)
    }

    @Test("knows the resource of every cloud that is configured, and no other")
    func resources() throws {
        func resource(_ cloud: Cloud, _ table: CloudTable) -> String? {
            GraphClient(transport: ScriptedTransport(.failure(.timedOut)), table: table, randomness: .counting())
                .resource(of: cloud)?.description
        }
        #expect(resource(.usGovDoD, .microsoft) == "https://dod-graph.microsoft.us")
        let table = try #require(CloudTable(authority: "https://localhost:1", graph: "https://localhost:2"))
        #expect(resource(.public, table) == "https://localhost:2" && resource(.china, table) == nil)
    }

    @Test("asks nobody in a cloud that is not configured")
    func unconfigured() async throws {
        let table = try #require(CloudTable(authority: "https://localhost:1", graph: "https://localhost:2"))
        let transport = ScriptedTransport(.json(200, "{}"))
        await #expect(throws: GraphError.self) { try await page(transport, cloud: .china, table: table) }
        #expect(transport.requests.isEmpty)
    }

    // MARK: Pages

    @Test("follows the next link letter by letter")
    func nextLink() async throws {
        let link = Self.root + "/v1.0/users?$top=5&$skiptoken=RFNwdAIAA%2bABC=="
        let first = ScriptedTransport(.json(200, #"{"value":[{"id":"1"}],"@odata.nextLink":"\#(link)"}"#))
        #expect(try await page(first).next == .next(link))
        let second = ScriptedTransport(.json(200, #"{"value":[]}"#))
        #expect(try await page(second, .next(link)).next == nil)
        #expect(second.requests.map(\.url) == [link])
    }

    @Test("takes an empty page that has a next one")
    func emptyPage() async throws {
        let page = try await page(
            ScriptedTransport(.json(200, #"{"value":[],"@odata.nextLink":"\#(Self.root)/v1.0/x"}"#)))
        #expect(page.lines.isEmpty && page.next == .next(Self.root + "/v1.0/x"))
    }

    @Test(
        "sends the token to no host but Graph's own",
        arguments: [
            "https://graph.microsoft.com.evil/v1.0/users", "https://graph.microsoft.com@evil/v1.0/users",
            "https://graph.microsoft.com:pw@evil/v1.0/users", "http://graph.microsoft.com/v1.0/users",
            "https://evil.example/v1.0/users", "//graph.microsoft.com/v1.0/users", "/v1.0/users", "",
            "https://graph.microsoft.com", "https://graph.microsoft.com:444/v1.0/users",
            "https://graph.microsoft.us/v1.0/users", "https://graph.microsoft.com?x", "https://graph.microsoft.com#/x",
            "https://graph.microsoft.com\\@evil/x", " https://graph.microsoft.com/v1.0/users", "javascript:x",
            "https://evil/https://graph.microsoft.com/", "ftp://graph.microsoft.com/x",
        ])
    func foreignLinks(_ link: String) async {
        let transport = ScriptedTransport(.json(200, #"{"value":[]}"#))
        let error = await #expect(throws: GraphError.self) { try await page(transport, .next(link)) }
        #expect(error?.reason == .foreignLink && transport.requests.isEmpty)
    }

    @Test("gives each element as one compact line, its keys in order")
    func lines() async throws {
        let body = #"{"@odata.context":"c","value":[ {"b" : "a/é\nz", "a" : [1, null, true]}, 7, "x" ]}"#
        #expect(
            text(try await page(ScriptedTransport(.json(200, body))))
                == [#"{"a":[1,null,true],"b":"a/é\nz"}"#, "7", "\"x\""])
    }

    @Test("gives an object that is no collection as one line")
    func singleObject() async throws {
        let body = #"{"id":"1","displayName":"Contoso","value":"not a list"}"#
        let page = try await page(ScriptedTransport(.json(200, body)))
        #expect(text(page) == [#"{"displayName":"Contoso","id":"1","value":"not a list"}"#])
        #expect(page.next == nil)
    }

    @Test("keeps every digit of a number")
    func numbers() async throws {
        let numbers = "[9007199254740993,0.1,-1,12345678901234567890.123456789,0.30000000000000004]"
        #expect(text(try await page(ScriptedTransport(.json(200, #"{"n":\#(numbers)}"#)))) == [#"{"n":\#(numbers)}"#])
    }

    // MARK: Refusals

    private static func error(_ code: String) -> String {
        #"{"error":{"code":"\#(code)","message":"No.","innerError":{"request-id":"x"}}}"#
    }

    @Test(
        "tells refusals apart by their status",
        arguments: [
            (.json(401, error("InvalidAuthenticationToken")), .unauthorized),
            (.json(403, error("Authorization_RequestDenied")), .forbidden("Authorization_RequestDenied")),
            (.json(403, "<html>"), .forbidden("no code")),
            (.json(404, error("Request_ResourceNotFound")), .refused(404, "Request_ResourceNotFound")),
            (.json(400, error("BadRequest")), .refused(400, "BadRequest")), (.json(302, ""), .refused(302, "no code")),
            (.json(429, error("TooManyRequests"), headers: [("Retry-After", "2.128")]), .throttled(2.128)),
            (.json(429, "Too Many Requests"), .throttled(nil)),
            (.json(503, "", headers: [("Retry-After", "7")]), .throttled(7)),
            (.json(503, "<html>"), .unavailable("it answered with status 503")),
            (.json(504, error("serviceNotAvailable")), .unavailable("it answered with status 504")),
            (.failure(.timedOut), .unavailable("the server did not answer in time")),
        ] as [(ScriptedTransport.Answer, GraphError.Reason)])
    func statuses(_ answer: ScriptedTransport.Answer, _ reason: GraphError.Reason) async {
        let error = await refusal(answer)
        #expect(error?.reason == reason && error?.tenant == tenantID(1))
    }

    @Test(
        "cannot read what Graph does not send",
        arguments: [
            .json(200, ""), .json(200, "[]"), .json(200, "7"), .json(200, "<html>"), .json(200, #"{"value":["#),
            .failure(.responseTooLarge(limit: 1)),
        ] as [ScriptedTransport.Answer])
    func unreadable(_ answer: ScriptedTransport.Answer) async {
        guard case .unreadable = await refusal(answer)?.reason else {
            Issue.record("it was read all the same")
            return
        }
    }

    @Test("keeps Graph's request id, and nothing else that calls itself one")
    func requestID() async {
        for (status, body) in [(403, "{}"), (200, "[]")] {
            let good = await refusal(.json(status, body, headers: [("request-id", guid(5).description)]))
            #expect(good?.requestID == guid(5).description, "\(status)")
            let bad = await refusal(.json(status, body, headers: [("request-id", "\u{1B}[31mred")]))
            #expect(bad?.requestID == nil, "\(status)")
        }
    }

    @Test("shows nothing that could steer a terminal, and no token")
    func hostile() async throws {
        let code = #"x\u001b[31m\u0007\r\n\u0000"# + String(repeating: "y", count: 500)
        let error = try #require(await refusal(.json(403, Self.error(code))))
        #expect("\(error)".unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect("\(error)".count < 500 && !"\(error)".contains(Replies.jwt))
    }
}
