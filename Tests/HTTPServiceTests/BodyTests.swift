import Foundation
import Tenancy
import Testing

@Suite("Request bodies")
struct BodyTests {
    private static let secret = "bodycanary~0123456789"

    @Test(
        "A body that is not JSON is refused without a word of it",
        arguments: [
            "{\"secret\":\"\(secret)\"", "\(secret)", "[\"\(secret)\"]", "\"\(secret)\"", "{\"a\":1}{\"\(secret)\":2}",
            "\u{0}",
        ])
    func notJSON(_ body: String) async throws {
        try await withHouse { house in
            for path in ["/v1/apps", "/v1/keys", "/v1/tenants", "/v1/runs", "/v1/tokens"] {
                let reply = try await house.socket.post(path, body)
                #expect(reply.status == 400)
                #expect(reply.code == "body_invalid")
                #expect(!reply.text.contains(Self.secret))
            }
        }
    }

    @Test(
        "A missing member is called by the name it has in the contract",
        arguments: [
            ("/v1/keys", #"{"role":"viewer"}"#, "name"),
            ("/v1/keys", #"{"name":"\#(secret)"}"#, "role"),
            ("/v1/keys", "", "name"),
            ("/v1/tenants", #"{"name":"\#(secret)"}"#, "tenant"),
            ("/v1/tokens", #"{"resource":"\#(secret)"}"#, "tenant"),
            ("/v1/runs", #"{"app":"\#(secret)"}"#, "job"),
            ("/v1/runs", #"{"job":{"kind":"\#(secret)"}}"#, "job.path"),
            ("/v1/apps", #"{"name":"a","permissions":[],"credential":{"secret":"\#(secret)"}}"#, "client_id"),
            ("/v1/apps", #"{"name":"a","client_id":"b","permissions":[]}"#, "credential"),
        ])
    func missing(_ path: String, _ body: String, _ member: String) async throws {
        try await withHouse { house in
            let reply = try await house.socket.post(path, body)
            #expect(reply.status == 400)
            #expect(reply.code == "body_invalid")
            #expect(reply.json["detail"].string == "The body cannot be read: '\(member)' is missing.")
            #expect(!reply.text.contains(Self.secret))
        }
    }

    @Test(
        "A member of the wrong type is called by the name it has in the contract",
        arguments: [
            ("/v1/keys", #"{"name":["\#(secret)"],"role":"viewer"}"#, "name"),
            ("/v1/tenants", #"{"tenant":{"\#(secret)":1}}"#, "tenant"),
            ("/v1/tenants", #"{"tenant":"a.example","tags":"\#(secret)"}"#, "tags"),
            ("/v1/tokens", #"{"tenant":"a.example","min_valid_s":"\#(secret)"}"#, "min_valid_s"),
            (
                "/v1/runs", #"{"job":{"kind":"graph-get","path":"/users"},"max_concurrent":"\#(secret)"}"#,
                "max_concurrent"
            ),
            ("/v1/runs", #"{"job":"\#(secret)"}"#, "job"),
            ("/v1/apps", #"{"name":"a","client_id":"b","permissions":[],"credential":"\#(secret)"}"#, "credential"),
            (
                "/v1/apps", #"{"name":"a","client_id":"b","permissions":[],"credential":{"secret":["\#(secret)"]}}"#,
                "credential.secret"
            ),
            (
                "/v1/tenants/00000000-0000-4000-8000-000000000001/consent-links", #"{"expires_in_s":"\#(secret)"}"#,
                "expires_in_s"
            ),
        ])
    func wrongType(_ path: String, _ body: String, _ member: String) async throws {
        try await withHouse { house in
            let reply = try await house.socket.post(path, body)
            #expect(reply.status == 400)
            #expect(reply.code == "body_invalid")
            #expect(reply.json["detail"].string == "The body cannot be read: '\(member)' has the wrong type.")
            #expect(!reply.text.contains(Self.secret))
        }
    }

    @Test(
        "A value outside its enumeration is refused without being repeated",
        arguments: [
            ("/v1/keys", #"{"name":"a","role":"\#(secret)"}"#, "role"),
            ("/v1/tenants", #"{"tenant":"a.example","cloud":"\#(secret)"}"#, "cloud"),
        ])
    func enumeration(_ path: String, _ body: String, _ member: String) async throws {
        try await withHouse { house in
            let reply = try await house.socket.post(path, body)
            #expect(reply.status == 400)
            #expect(
                reply.json["detail"].string == "The body cannot be read: '\(member)' has a value that is not allowed.")
            #expect(!reply.text.contains(Self.secret))
        }
    }

    @Test(
        "A member that stands twice is refused, also in another spelling, and neither value is taken or repeated",
        arguments: [
            ("/v1/tokens", #"{"tenant":"\#(secret)","tenant":"b.example"}"#),
            ("/v1/tokens", #"{"tenant":"a.example","t\u0065nant":"\#(secret)"}"#),
            ("/v1/tokens", #"{"tenant":"a.example","claims":{"\#(secret)":1,"\#(secret)":2}}"#),
            ("/v1/keys", #"{"name":"\#(secret)","role":"viewer","role":"admin"}"#),
        ])
    func repeated(_ path: String, _ body: String) async throws {
        try await withHouse { house in
            let reply = try await house.socket.post(path, body)
            #expect(reply.status == 400 && reply.code == "body_invalid")
            #expect(
                reply.json["detail"].string
                    == "The body cannot be read: one of its objects has two members of the same name.")
            #expect(!reply.text.contains(Self.secret))
        }
    }

    @Test("A secret that was put in the place of the client id is not repeated")
    func misplacedSecret() async throws {
        try await withHouse { house in
            let body = """
                {"name":"crm","client_id":"\(House.appSecret)","permissions":[{"role":"User.Read.All"}],
                "credential":{"secret":"\(guid(900))"}}
                """
            let reply = try await house.socket.post("/v1/apps", body)
            #expect(reply.status == 400)
            #expect(!reply.text.contains(House.appSecret.prefix(20)))
        }
    }

    @Test("A body of exactly the limit is read, one byte more is too large")
    func limit() async throws {
        try await withHouse { house in
            let frame = #"{"name":"a","role":"viewer","pad":""}"#.utf8.count
            for (size, status) in [(256 * 1_024, 201), (256 * 1_024 + 1, 413)] {
                let pad = String(repeating: "x", count: size - frame)
                let reply = try await house.socket.post("/v1/keys", #"{"name":"a","role":"viewer","pad":"\#(pad)"}"#)
                #expect(reply.status == status)
                #expect(status == 201 || reply.code == "body_too_large")
            }
        }
    }

    @Test("A customer list may be longer than other bodies, up to 16 MiB")
    func listLimit() async throws {
        try await withHouse { house in
            for (size, status) in [(300 * 1_024, 200), (16 * 1_024 * 1_024 + 1, 413)] {
                let csv = "tenant,name\ncommon," + String(repeating: "x", count: size - 19)
                let reply = try await house.socket.post("/v1/tenants/import", csv: csv)
                #expect(reply.status == status)
            }
        }
    }
}
