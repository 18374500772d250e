import CurlHTTP
import Foundation
import Tenancy
import Testing

@Suite("Authorisation")
struct AuthorisationTests {
    let contract: Contract
    /// The operations that want a key, with addresses that name nothing.
    let guarded: [(operation: Contract.Operation, path: String)]

    init() throws {
        contract = try Contract.current.get()
        let examples = [
            "{app}": "crm", "{tenant}": "\(guid(1))", "{run}": String(repeating: "0", count: 26),
            "{key}": String(repeating: "0", count: 12), "{code}": "AADSTS7000222",
            "{credential}": String(repeating: "0", count: 12), "{release}": "1",
            "{operation}": String(repeating: "0", count: 26), "{group}": "canaries",
            "{plan}": String(repeating: "0", count: 26), "{sign_in}": String(repeating: "0", count: 32),
            "{webhook}": String(repeating: "0", count: 12), "{delivery}": "msg_none",
        ]
        guarded = contract.operations.filter { $0.role != nil }.map { operation in
            // A stream that is let in would not end.
            let query = operation.path.hasSuffix("/stream") ? "?after=none" : ""
            return (operation, examples.reduce(operation.path) { $0.replacing($1.key, with: $1.value) } + query)
        }
    }

    private func call(_ client: Client, _ operation: Contract.Operation, _ path: String) async throws -> Reply {
        switch operation.method {
        case "POST": try await client.post(path, "{}")
        case "PATCH": try await client.send(.patch, path, body: Array("{}".utf8))
        case "DELETE": try await client.send(.delete, path)
        default: try await client.get(path)
        }
    }

    @Test("Every route turns away a caller without a key, and says what it wants")
    func noKey() async throws {
        try await withHouse { house in
            for (operation, path) in guarded {
                let reply = try await call(house.api, operation, path)
                #expect(reply.status == 401, "\(operation.name)")
                #expect(reply.code == "unauthenticated", "\(operation.name)")
                #expect(reply.header("WWW-Authenticate") == "Bearer", "\(operation.name)")
            }
        }
    }

    @Test(
        "Every route takes exactly the role that the contract names, and those above it",
        arguments: OperatorRole.allCases)
    func matrix(of role: OperatorRole) async throws {
        try await withHouse { house in
            let client = try await house.api(as: role)
            for (operation, path) in guarded {
                let reply = try await call(client, operation, path)
                let needed = try #require(operation.role)
                #expect(reply.status != 401, "\(operation.name)")
                #expect((reply.code == "forbidden") == (role < needed), "\(operation.name) as \(role)")
                if role < needed {
                    #expect(reply.status == 403, "\(operation.name) as \(role)")
                    #expect(reply.json["detail"].string?.contains(needed.rawValue) == true)
                }
            }
        }
    }

    @Test("A key that is mistyped, unknown, of another role, revoked or in another scheme opens nothing")
    func badKeys() async throws {
        try await withHouse { house in
            let admin = try await house.api(as: .admin)
            let key = try #require(admin.key)
            let unknown = APIKeyText(role: .admin, randomness: .system).full.exposed
            let parsed = try #require(APIKeyText(parsing: key))
            let otherSecret = APIKeyText(id: parsed.id, secret: Secret(String(repeating: "0", count: 32)), role: .admin)
            let mistyped = String(key.dropLast()) + (key.hasSuffix("0") ? "1" : "0")
            let viewer = try #require(try await house.api(as: .viewer).key.flatMap { APIKeyText(parsing: $0) })
            let raised = APIKeyText(id: viewer.id, secret: viewer.secret, role: .admin)
            let bad = [
                mistyped, unknown, otherSecret.full.exposed, raised.full.exposed, key.uppercased(), "", key + "0",
            ]
            for text in bad {
                let reply = try await house.api.with(key: text).get("/v1/keys")
                #expect(reply.status == 401)
                #expect(text.isEmpty || !reply.text.contains(text))
            }
            let basic = try await house.api.send(.get, "/v1/keys", [("Authorization", "Basic \(key)")])
            #expect(basic.status == 401)
            #expect(try await admin.get("/v1/keys").status == 200)
            let revoked = try await house.socket.send(.delete, "/v1/keys/\(parsed.id)")
            #expect(revoked.status == 204)
            #expect(try await admin.get("/v1/keys").status == 401)
        }
    }

    @Test("The scheme is read in any case")
    func schemeCase() async throws {
        try await withHouse { house in
            let key = try #require(try await house.api(as: .viewer).key)
            let reply = try await house.api.send(.get, "/v1/apps", [("Authorization", "bearer \(key)")])
            #expect(reply.status == 200)
        }
    }

    @Test("The Unix socket asks for no key, and its caller is the owner with every right")
    func socket() async throws {
        try await withHouse { house in
            for (operation, path) in guarded {
                let reply = try await call(house.socket, operation, path)
                #expect(![401, 403].contains(reply.status), "\(operation.name)")
            }
            let made = try await house.socket.post("/v1/keys", #"{"name":"ops","role":"viewer"}"#)
            #expect(made.status == 201)
            let audit = try await house.socket.get("/v1/audit")
            #expect(audit.json["items"].elements.last?["actor"].string == "local:1000")
        }
    }

    @Test("Addresses that are not there tell a caller without a key nothing")
    func unknownWithoutKey() async throws {
        try await withHouse { house in
            for path in ["/v1/nothing", "/v1/tenants/import/x"] {
                let reply = try await house.api.get(path)
                #expect(reply.status == 401)
            }
        }
    }

    @Test("Health needs no key at any door")
    func health() async throws {
        try await withHouse { house in
            for client in [house.api, house.socket, house.pages] {
                let (live, ready) = (try await client.get("/livez"), try await client.get("/readyz"))
                #expect(live.status == 200)
                #expect(live.text == "ok\n")
                #expect(ready.status == 200)
                #expect(ready.text == "ready\n")
                #expect(live.header("Cache-Control") == "no-store")
            }
        }
    }
}
