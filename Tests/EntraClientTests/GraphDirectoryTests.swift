import CurlHTTP
import EntraClient
import Foundation
import Tenancy
import Testing

@Suite("Graph directory")
struct GraphDirectoryTests {
    private static let session = DirectorySession(
        cloud: .public, tenant: tenantID(1), token: Secret("admin-token"), principal: guid(5))
    private static let application = """
        {"id":"\(guid(1))","appId":"\(guid(2))","displayName":"Fleet","signInAudience":"AzureADMultipleOrgs",
        "web":{"redirectUris":["https://isv.example/cb"],"homePageUrl":null},
        "requiredResourceAccess":[{"resourceAppId":"\(guid(3))","resourceAccess":[
            {"id":"\(guid(4))","type":"Role"},{"id":"\(guid(5))","type":"Scope"}]}],
        "keyCredentials":[{"keyId":"\(guid(6))","displayName":"theirs","key":"AQID","customKeyIdentifier":"ab==",
            "type":"AsymmetricX509Cert","usage":"Verify","endDateTime":"2027-01-01T00:00:00Z"}],
        "passwordCredentials":[{"keyId":"\(guid(7))","displayName":"old","endDateTime":"2027-01-01T00:00:00.1234567Z",
            "hint":"abc","secretText":null}]}
        """

    private func directory(_ transport: ScriptedTransport, table: CloudTable = .microsoft) -> GraphDirectory {
        GraphDirectory(transport: transport, table: table, randomness: .counting())
    }

    private func body(_ request: CurlRequest) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(request.body ?? []))
    }

    private func refusal(
        _ status: Int, _ code: String, details: String? = nil, headers: [(name: String, value: String)] = []
    ) async -> DirectoryError? {
        let details = details.map { #","details":[{"code":"\#($0)","message":"x"}]"# } ?? ""
        let transport = ScriptedTransport(
            .json(
                status, #"{"error":{"code":"\#(code)","message":"Too \u001b[31m bad"\#(details),"innerError":{}}}"#,
                headers: [("request-id", guid(8).description)] + headers))
        return await #expect(throws: DirectoryError.self) {
            try await directory(transport).deleteApplication(guid(1), Self.session)
        }
    }

    // MARK: Reading

    @Test("reads an application with its keys, which Graph shows only when they are selected")
    func application() async throws {
        let transport = ScriptedTransport(.json(200, Self.application))
        let found = try #require(try await directory(transport).application(.objectID(guid(1)), Self.session))
        #expect(found.objectID == guid(1) && found.clientID == ClientID(guid(2)))
        #expect(found.redirectURIs == ["https://isv.example/cb"])
        #expect(
            found.access == [
                RequiredAccess(api: guid(3), id: guid(4), kind: .role),
                RequiredAccess(api: guid(3), id: guid(5), kind: .scope),
            ])
        #expect(found.keys.map(\.certificate) == [[1, 2, 3]] && found.keys.map(\.keyID) == [guid(6)])
        #expect(found.secrets.map(\.displayName) == ["old"])
        #expect(found.secrets.first?.expiresAt == Date(timeIntervalSince1970: 1_798_761_600))
        let request = transport.requests[0]
        #expect(request.url.hasPrefix("https://graph.microsoft.com/v1.0/applications/\(guid(1))?$select="))
        #expect(request.url.contains("keyCredentials"))
        #expect(request.header("authorization") == "Bearer admin-token")
    }

    @Test(
        "addresses an application by each of its keys",
        arguments: [
            (.objectID(guid(1)), "/applications/\(guid(1))?"),
            (.clientID(ClientID(guid(2))), "/applications(appId='\(guid(2))')?"),
            (.uniqueName("o'brien"), "/applications(uniqueName='o%27%27brien')?"),
        ] as [(ApplicationAddress, String)])
    func address(_ address: ApplicationAddress, path: String) async throws {
        let transport = ScriptedTransport(.json(404, #"{"error":{"code":"Request_ResourceNotFound"}}"#))
        #expect(try await directory(transport).application(address, Self.session) == nil)
        #expect(transport.requests[0].url.hasPrefix("https://graph.microsoft.com/v1.0" + path))
    }

    @Test("follows the pages of a list, and takes the token to no other host")
    func pages() async throws {
        let next = "https://graph.microsoft.com/v1.0/applications/x/owners?$skiptoken=1"
        let transport = ScriptedTransport(
            .json(200, #"{"value":[{"id":"\#(guid(1))"}],"@odata.nextLink":"\#(next)"}"#),
            .json(200, #"{"value":[{"id":"\#(guid(2))"}]}"#))
        #expect(try await directory(transport).owners(of: guid(9), Self.session) == [guid(1), guid(2)])
        #expect(transport.requests[1].url == next)
        let foreign = ScriptedTransport(
            .json(200, #"{"value":[],"@odata.nextLink":"https://graph.microsoft.com.evil.example/v1.0/x"}"#))
        await #expect(throws: DirectoryError.self) {
            _ = try await directory(foreign).owners(of: guid(9), Self.session)
        }
        #expect(foreign.requests.count == 1)
    }

    @Test("takes the roles that an app can hold, and no disabled ones")
    func roles() async throws {
        let transport = ScriptedTransport(
            .json(
                200,
                """
                {"value":[{"id":"\(guid(1))","appId":"\(guid(2))","displayName":"API","appRoles":[
                {"id":"\(guid(3))","value":"A","isEnabled":true,"allowedMemberTypes":["Application"]},
                {"id":"\(guid(4))","value":"B","isEnabled":true,"allowedMemberTypes":["User"]},
                {"id":"\(guid(5))","value":"C","isEnabled":false,"allowedMemberTypes":["Application"]}],
                "oauth2PermissionScopes":[{"id":"\(guid(6))","value":"S","isEnabled":true}]}]}
                """))
        let found = try await directory(transport).principals(.uri("api://o'x"), Self.session)
        #expect(found.map { $0.roles.map(\.value) } == [["A"]] && found.map { $0.scopes.map(\.value) } == [["S"]])
        #expect(
            transport.requests[0].url.contains(
                "servicePrincipalNames%2Fany%28n%3An%20eq%20%27api%3A%2F%2Fo%27%27x%27%29"))
    }

    // MARK: Writing

    @Test("creates by the alternate key, with everything and never without the audience")
    func upsert() async throws {
        let transport = ScriptedTransport(.json(201, Self.application))
        let change = ApplicationChange(
            displayName: "Fleet", audience: .anyTenant, redirectURIs: ["https://isv.example/cb"],
            access: [
                RequiredAccess(api: guid(3), id: guid(4), kind: .role),
                RequiredAccess(api: guid(3), id: guid(5), kind: .role),
            ])
        try await directory(transport).upsertApplication(uniqueName: "tenantry-x", change, Self.session)
        let request = transport.requests[0]
        #expect(request.method == .patch && request.header("prefer") == "create-if-missing")
        #expect(request.url == "https://graph.microsoft.com/v1.0/applications(uniqueName='tenantry-x')")
        guard case .object(let members) = try body(request),
            case .array(let access)? = members["requiredResourceAccess"]
        else {
            Issue.record("the body is no application")
            return
        }
        #expect(members["signInAudience"] == .string("AzureADMultipleOrgs") && access.count == 1)
    }

    @Test("changes only what is named")
    func change() async throws {
        let transport = ScriptedTransport(.json(204, ""))
        try await directory(transport).change(guid(1), ApplicationChange(displayName: "New"), Self.session)
        #expect(try body(transport.requests[0]) == .object(["displayName": .string("New")]))
    }

    @Test("sends keys that are not ours back word for word")
    func keys() async throws {
        let transport = ScriptedTransport(.json(200, Self.application), .json(204, ""))
        let directory = directory(transport)
        let found = try #require(try await directory.application(.objectID(guid(1)), Self.session))
        let ours = DirectoryKey(keyID: nil, displayName: "ours", certificate: [4, 5, 6])
        try await directory.change(guid(1), ApplicationChange(keys: found.keys + [ours]), Self.session)
        guard case .object(let members) = try body(transport.requests[1]),
            case .array(let keys)? = members["keyCredentials"]
        else {
            Issue.record("there are no keys")
            return
        }
        #expect(keys.count == 2 && keys[0] == found.keys[0].raw)
        #expect(
            keys[1]
                == .object([
                    "type": .string("AsymmetricX509Cert"), "usage": .string("Verify"), "displayName": .string("ours"),
                    "key": .string("BAUG"),
                ]))
    }

    @Test("takes a made secret's text into a type that cannot be printed")
    func secret() async throws {
        let transport = ScriptedTransport(
            .json(
                200,
                #"{"keyId":"\#(guid(7))","displayName":"n","secretText":"hush~hush","endDateTime":"2027-01-01T00:00:00Z"}"#
            ))
        let (secret, text) = try await directory(transport).addSecret(
            named: "n", until: testTime, to: guid(1), Self.session)
        #expect(secret.keyID == guid(7) && text.exposed == "hush~hush" && "\(text)" == "<secret>")
    }

    // MARK: Refusals

    @Test("knows what a directory answers that has not yet heard of what was made")
    func lag() async {
        #expect(await refusal(404, "Request_ResourceNotFound")?.isLag == true)
        #expect(await refusal(400, "Request_BadRequest", details: "NoBackingApplicationObject")?.isLag == true)
        #expect(await refusal(403, "Authorization_RequestDenied")?.isLag == true)
        #expect(await refusal(400, "Request_BadRequest")?.isLag == false)
    }

    @Test(
        "tells refusals by status and code",
        arguments: [
            (401, .unauthorized), (409, .exists), (500, .unavailable("it answered with status 500")),
            (400, .refused(400, "Some_Code")), (429, .throttled(7)),
        ] as [(Int, DirectoryError.Reason)])
    func refusals(status: Int, reason: DirectoryError.Reason) async {
        let error = await refusal(status, "Some_Code", headers: [("Retry-After", "7")])
        #expect(error?.reason == reason)
        #expect(error?.requestID == guid(8).description)
        #expect(error?.message == "Too [31m bad")
    }

    @Test("asks nobody in a cloud that is not configured")
    func unconfigured() async throws {
        let table = try #require(CloudTable(authority: "https://localhost:1", graph: "https://localhost:2"))
        let transport = ScriptedTransport(.json(200, "{}"))
        let session = DirectorySession(cloud: .china, tenant: tenantID(1), token: Secret("x"), principal: nil)
        await #expect(throws: DirectoryError.self) {
            _ = try await directory(transport, table: table).owners(of: guid(1), session)
        }
        #expect(transport.requests.isEmpty)
    }
}

@Suite("Device code client")
struct DeviceCodeClientTests {
    private static let started = """
        {"device_code":"hidden-code","user_code":"ABCD1234","verification_uri":"https://login.example/device",
        "expires_in":900,"interval":5,"message":"…"}
        """

    private func client(_ transport: ScriptedTransport) -> DeviceCodeClient {
        DeviceCodeClient(
            client: ClientID(guid(14)), transport: transport, table: .microsoft, clock: .standing)
    }

    private func begun(_ answers: ScriptedTransport.Answer...) async throws -> (
        DeviceCodeClient, DeviceCode, ScriptedTransport
    ) {
        let all = [.json(200, Self.started)] + answers
        let transport = ScriptedTransport { _, number in all[min(number, all.count) - 1] }
        let client = client(transport)
        return (client, try await client.begin(cloud: .public, tenant: tenantID(1), scopes: ["a", "b"]), transport)
    }

    @Test("asks the home tenant's authority for a code")
    func begin() async throws {
        let (_, code, transport) = try await begun()
        #expect(code.userCode == "ABCD1234" && code.interval == 5 && code.expiresAt == testTime + 900)
        let request = transport.requests[0]
        #expect(request.url == "https://login.microsoftonline.com/\(tenantID(1))/oauth2/v2.0/devicecode")
        #expect(request.form == "client_id=\(guid(14))&scope=a%20b")
    }

    @Test(
        "knows what is worth waiting for, and what is not",
        arguments: [
            ("authorization_pending", nil), ("slow_down", nil), ("authorization_declined", "sign_in_declined"),
            ("expired_token", "sign_in_expired"), ("invalid_grant", "sign_in_refused"),
        ] as [(String, String?)])
    func answers(error: String, code: String?) async throws {
        let (client, device, _) = try await begun(Replies.error(400, error, 70_016))
        do {
            _ = try await client.poll(device, cloud: .public, tenant: tenantID(1))
            #expect(code == nil)
        } catch {
            #expect(error.problem.code == code)
        }
    }

    @Test("takes the token when the administrator has finished")
    func token() async throws {
        let (client, device, transport) = try await begun(Replies.token())
        guard case .token(let token) = try await client.poll(device, cloud: .public, tenant: tenantID(1)) else {
            Issue.record("there is no token")
            return
        }
        _ = try token.checked(for: .sample)
        #expect(transport.requests[1].form.contains("device_code=hidden-code"))
        #expect(!"\(device)".contains("hidden-code"))
    }

    @Test("sends nobody to a page without TLS")
    func plainPage() async throws {
        let transport = ScriptedTransport(
            .json(200, Self.started.replacingOccurrences(of: "https://login", with: "http://login")))
        await #expect(throws: SignInError.self) {
            _ = try await client(transport).begin(cloud: .public, tenant: tenantID(1), scopes: [])
        }
    }
}

@Suite("Network probe")
struct NetworkProbeTests {
    private func lead(_ date: String?) async -> TimeInterval? {
        let transport = ScriptedTransport(.json(200, "{}", headers: date.map { [("Date", $0)] } ?? []))
        return await NetworkProbe(transport: transport, table: .microsoft, clock: .standing)
            .authority(of: .public, tenant: nil)?.clockLead
    }

    @Test("tells how far this machine's clock is ahead of the authority's")
    func clock() async {
        // testTime is Fri, 15 Jan 2027 08:00:00 GMT.
        #expect(await lead("Fri, 15 Jan 2027 08:00:00 GMT") == 0)
        #expect(await lead("Fri, 15 Jan 2027 07:58:00 GMT") == 120)
        #expect(await lead("Fri, 15 Jan 2027 08:02:00 GMT") == -120)
        #expect(await lead("yesterday") == nil)
        #expect(await lead(nil) == nil)
    }

    private func isEntra(
        _ document: String, status: Int = 200, table: CloudTable = .microsoft, tenant: TenantID? = nil
    ) async -> Bool? {
        await NetworkProbe(transport: ScriptedTransport(.json(status, document)), table: table, clock: .standing)
            .authority(of: .public, tenant: tenant)?.isEntra
    }

    private static func document(issuer: String, tokens: String) -> String {
        #"{"issuer":"\#(issuer)","token_endpoint":"\#(tokens)","jwks_uri":"https://x.example/keys"}"#
    }

    @Test("knows Entra ID by its document, and a stand-in that describes itself alike")
    func entra() async throws {
        let login = "https://login.microsoftonline.com"
        let tenant = Self.document(
            issuer: "\(login)/\(tenantID(1))/v2.0", tokens: "\(login)/\(tenantID(1))/oauth2/v2.0/token")
        #expect(await isEntra(tenant, tenant: tenantID(1)) == true)
        let common = Self.document(
            issuer: "\(login)/{tenantid}/v2.0", tokens: "\(login)/common/oauth2/v2.0/token")
        #expect(await isEntra(common) == true)
        let table = try #require(CloudTable(authority: "https://localhost:8443", graph: "https://localhost:8444"))
        let own = common.replacing(login, with: "https://localhost:8443")
        #expect(await isEntra(own, table: table) == true)
        #expect(await isEntra(common, table: table) == false, "it would send the secret elsewhere")
    }

    @Test(
        "knows another authority by its document, or by having none where Entra ID has it",
        arguments: [
            document(issuer: "https://login.microsoftonline.com", tokens: "https://login.microsoftonline.com/token"),
            document(
                issuer: "https://login.microsoftonline.com/realms/x",
                tokens: "https://login.microsoftonline.com/realms/x/protocol/openid-connect/token"),
            document(
                issuer: "https://login.microsoftonline.com/t/v2.0", tokens: "https://evil.example/t/oauth2/v2.0/token"),
            document(
                issuer: "https://login.microsoftonline.com/t/v2.0",
                tokens: "https://login.microsoftonline.com/a/t/oauth2/v2.0/token"),
            "{}", "<html>",
        ])
    func foreign(_ document: String) async {
        #expect(await isEntra(document) == false)
        #expect(await isEntra(document, status: 404) == false)
        #expect(await isEntra(document, status: 503) == nil)
    }

    @Test("knows when nothing answers")
    func silence() async {
        let probe = NetworkProbe(
            transport: ScriptedTransport(.failure(.timedOut)), table: .microsoft, clock: .standing)
        #expect(await probe.status(of: "https://isv.example/livez") == nil)
        #expect(await probe.authority(of: .public, tenant: nil) == nil)
    }
}
