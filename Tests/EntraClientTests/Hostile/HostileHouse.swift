import CurlHTTP
import EntraClient
import Foundation
import SQLiteStore
import Synchronization
import Tenancy
import Testing

/// The whole way of a request for a token: issuer, gate, endpoint, libcurl and TLS, to an authority that means no good.
/// One app with two secrets, `first` and `second`.
final class HostileHouse: Sendable {
    let authority: HostileAuthority
    let issuer: TokenIssuer
    let gate: AuthorityGate
    let clock = MovableClock()
    let app: App
    private let client: CurlClient
    private let path: String
    private let directory: DataDirectory
    private let waits: WaitLog

    /// What the tests must be able to wait for, in the place of the three and ten seconds of the service.
    struct Deadlines: Sendable {
        var connect: Duration = .seconds(30)
        var total: Duration = .seconds(30)
    }

    private init(
        _ authority: HostileAuthority, trusting file: String?, host: String, deadlines: Deadlines,
        limits: AuthorityGate.Limits
    ) async throws {
        self.authority = authority
        client = try CurlClient(
            CurlClient.Configuration(extraCAFile: file, connectTimeout: deadlines.connect, maxConnectionsPerHost: 64))
        let address = "https://\(host):\(authority.port)"
        let table = try #require(CloudTable(authority: address, graph: "https://graph.invalid"))
        path = FileManager.default.temporaryDirectory.path + "/tenantry-hostile-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        try DataDirectory.create(at: path, key: nil)
        directory = try DataDirectory.open(at: path, key: nil)
        let (store, now, waits) = (directory.store, clock.wallClock, WaitLog())
        self.waits = waits
        gate = AuthorityGate(
            endpoint: ClientCredentialsEndpoint(
                transport: Hurried(client: client, timeout: deadlines.total), table: table,
                authentication: .sample(at: now), clock: now),
            ledger: store.ledger, limits: limits, clock: now, randomness: .counting(),
            sleep: { seconds in waits.seconds.withLock { $0.append(seconds) } })
        issuer = TokenIssuer(credentials: store.credentials, gate: gate, ledger: store.ledger, clock: now)
        app = try Self.app()
        try await store.apps.add(
            app,
            release: Release(
                app: app.name, number: 1,
                permissions: [Permission(resource: graph, role: "User.Read.All", reason: "Because.")]),
            credential: try Self.secret("first", .preferred, of: app), by: .service)
        try await store.credentials.change(
            [.add(try Self.secret("second", .active, of: app))], of: app.name, saving: nil, by: .service, at: testTime)
    }

    /// An authority that answers as the test says.
    static func with(
        deadlines: Deadlines = Deadlines(), limits: AuthorityGate.Limits = .plenty, host: String = "localhost",
        certificate: HostileAuthority.Certificate? = nil,
        _ answer: @escaping @Sendable (HostileAuthority.Request, Int, HostileConnection) -> Void
    ) async throws -> HostileHouse {
        let own = try await HostileAuthority.own.value
        return try await HostileHouse(
            HostileAuthority(certificate: certificate ?? own, answer), trusting: (certificate ?? own).file, host: host,
            deadlines: deadlines, limits: limits)
    }

    /// An authority that accepts connections and never says a word.
    static func silent(deadlines: Deadlines) async throws -> HostileHouse {
        try await HostileHouse(
            HostileAuthority(certificate: nil) { _, _, _ in }, trusting: nil, host: "localhost", deadlines: deadlines,
            limits: .plenty)
    }

    deinit {
        do {
            try directory.close()
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("the house at \(path) was not removed: \(error)")
        }
    }

    var store: Store { directory.store }

    /// The pauses before repetitions, which the tests do not wait for.
    var pauses: [TimeInterval] { waits.seconds.withLock { $0 } }

    func key(_ number: Int, _ resource: Resource = graph) -> TokenKey {
        TokenKey(cloud: .public, tenant: tenantID(number), clientID: app.clientID, resource: resource)
    }

    @discardableResult
    func token(_ number: Int, _ resource: Resource = graph) async throws(TokenError) -> AccessToken {
        try await issuer.newToken(key(number, resource), app: app.name)
    }

    /// Asks, expects to be refused, and tells why.
    func refusal(_ number: Int = 1, _ resource: Resource = graph) async -> TokenError? {
        await #expect(throws: TokenError.self) { try await self.token(number, resource) }
    }

    /// Asks, and expects to hear of passing trouble that says nothing of the authority's bytes.
    func trouble(_ number: Int = 1, _ resource: Resource = graph, canary: String? = nil) async -> String? {
        guard let error = await refusal(number, resource), case .unavailable(let what) = error.reason else {
            return nil
        }
        #expect(error.problem.isRetryable)
        if let canary { #expect(!"\(error) \(String(reflecting: error)) \(error.problem)".contains(canary)) }
        return what
    }

    private static func app() throws -> App {
        App(
            name: try #require(AppName("crm")), displayName: "CRM", clientID: ClientID(guid(9)), cloud: .public,
            redirectURI: nil, addedAt: testTime)
    }

    private static func secret(_ text: String, _ state: Credential.State, of app: App) throws -> NewCredential {
        let id = try #require(CredentialID(String((text + "000000000000").prefix(12))))
        return NewCredential(
            record: Credential(id: id, app: app.name, kind: .secret, label: text, addedAt: testTime, stored: state),
            value: .secret(Secret(text)))
    }
}

extension AuthorityGate.Limits {
    /// A budget that is no matter here.
    static var plenty: AuthorityGate.Limits {
        var limits = AuthorityGate.Limits()
        limits.perSecond = 1_000_000
        limits.burst = 1_000_000
        return limits
    }
}

private final class WaitLog: Sendable {
    let seconds = Mutex<[TimeInterval]>([])
}

/// The real client under a shorter deadline.
private struct Hurried: HTTPTransport {
    let client: CurlClient
    let timeout: Duration

    func send(_ request: CurlRequest) async throws(CurlError) -> CurlResponse {
        var request = request
        request.timeout = timeout
        return try await client.send(request)
    }
}
