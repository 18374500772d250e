import CurlHTTP
import Foundation
import SQLiteStore
import Tenancy
import Testing

/// The members and the media type of every problem are held against the contract by ``Client``.
@Suite("Problems")
struct ProblemTests {
    @Test("An address that is not there is a problem too")
    func unknownRoute() async throws {
        try await withHouse { house in
            for path in ["/v1/nothing", "/", "/v2/apps", "/v1/apps/crm/more"] {
                let reply = try await house.socket.get(path)
                #expect(reply.status == 404)
                #expect(reply.code == "route_unknown")
                #expect(reply.header("Content-Type") == "application/problem+json")
            }
        }
    }

    @Test("A method that an address does not know is refused with a problem")
    func wrongMethod() async throws {
        try await withHouse { house in
            let reply = try await house.socket.send(.put, "/v1/apps", body: Array("{}".utf8))
            #expect(reply.status == 404)
            #expect(reply.code == "route_unknown")
        }
    }

    @Test("The store's failures come with what to do, and without a stack")
    func conflict() async throws {
        try await withHouse { house in
            try await house.addApp()
            let again = try await house.socket.post("/v1/apps", House.appBody)
            #expect(again.status == 409)
            #expect(again.code == "app_already_exists")
            #expect(again.json["who_must_act"].string == "you")
            #expect(again.json["retryable"].bool == false)
        }
    }

    @Test(
        "What the authority says keeps its code and its ids",
        arguments: [
            (TokenError.Reason.refused(.ourCredential), 502, "our_credential", false),
            (.refused(.transient), 503, "transient", true),
            (.refusedUnknown("invalid_request"), 502, "authority_refused", false),
            (.unavailable("no answer"), 503, "authority_unavailable", true),
        ])
    func authority(_ reason: TokenError.Reason, status: Int, code: String, retryable: Bool) async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let trace = AuthorityTrace(aadsts: 7_000_222, correlationID: "corr-1", traceID: "trace-1")
            house.entra.refuse(reason, trace: trace)
            let reply = try await house.socket.post(
                "/v1/tokens", #"{"tenant":"\#(guid(1))","resource":"api://other"}"#)
            #expect(reply.status == status)
            #expect(reply.code == code)
            #expect(reply.json["retryable"].bool == retryable)
            #expect(reply.json["aadsts"].int == 7_000_222)
            #expect(reply.json["correlation_id"].string == "corr-1")
            #expect(reply.json["trace_id"].string == "trace-1")
            #expect(reply.json["retry_after_s"].int == (code == "authority_unavailable" ? 2 : nil))
        }
    }

    @Test("A throttled caller learns how long to wait, in whole seconds rounded up")
    func throttled() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            house.entra.refuse(.throttled(11.2))
            let reply = try await house.socket.post(
                "/v1/tokens", #"{"tenant":"\#(guid(1))","resource":"api://other"}"#)
            #expect(reply.status == 429)
            #expect(reply.code == "authority_throttled")
            #expect(reply.json["retry_after_s"].int == 12)
            #expect(reply.header("Retry-After") == "12")
            #expect(reply.json["who_must_act"].string == "nobody_wait")
            #expect(reply.json["retryable"].bool == true)
        }
    }

    @Test("A credential of ours that cannot be used is our failure")
    func ourFailure() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            house.entra.refuse(.credentialUnusable("The certificate has expired."))
            let reply = try await house.socket.post(
                "/v1/tokens", #"{"tenant":"\#(guid(1))","resource":"api://other"}"#)
            #expect(reply.status == 500)
            #expect(reply.code == "our_credential")
        }
    }

    @Test("A store that is closed makes the service unready, and its routes unavailable")
    func unavailable() async throws {
        try await withHouse { house in
            try house.directory.close()
            for client in [house.api, house.pages] {
                let ready = try await client.get("/readyz")
                #expect(ready.status == 503)
                #expect(ready.text == "not ready: the store fails\n")
                #expect(try await client.get("/livez").status == 200)
            }
            let reply = try await house.socket.get("/v1/apps")
            #expect(reply.status == 503)
            #expect(reply.code == "store_unavailable")
        }
    }
}
