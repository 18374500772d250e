import Foundation
import Tenancy
import TestSupport

@testable import SQLiteStore

/// A data directory of its own for one test, with helpers that make plausible values. Removed with the test.
final class Fixture: Sendable {
    let path: String
    let directory: DataDirectory
    var store: Store { directory.store }

    static let start = Date(timeIntervalSince1970: 1_800_000_000)

    init() throws {
        path = try Self.temporaryDirectory()
        try DataDirectory.create(at: path, key: nil)
        directory = try DataDirectory.open(at: path, key: nil)
    }

    deinit {
        do {
            try directory.close()
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("the fixture at \(path) was not removed: \(error)")
        }
    }

    static func temporaryDirectory() throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/tenantry-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        return path
    }

    /// Runs a statement on the connection that writes, as an intruder or a support engineer would.
    @discardableResult
    func sql(_ text: String, _ values: [any SQLBindable] = []) async throws -> Int {
        try await store.database.write { (db) throws(StoreError) in
            try db.execute(text, values)
        }
    }

    /// The first column named `value` of a query on the connection that writes.
    func integer(_ query: String) async throws -> Int? {
        try await store.database.write { (db) throws(StoreError) in
            try db.first(query) { (row) throws(StoreError) in try row.integer("value") }
        }
    }

    func addTenants(_ numbers: ClosedRange<Int>, cloud: Cloud = .public) async throws -> [Tenant] {
        let tenants = numbers.map { Self.tenant($0, cloud: cloud) }
        try await store.tenants.add(tenants, by: .service)
        return tenants
    }

    func addApp(_ name: String = "crm", number: Int = 1, cloud: Cloud = .public) async throws -> App {
        let app = Self.app(name, number: number, cloud: cloud)
        try await store.apps.add(
            app, release: Self.release(of: app.name),
            credential: Self.credential(.secret(Secret("correct horse")), of: app.name, id: "\(name)secret0000"),
            by: .service)
        return app
    }

    /// An app and a tenant whose consent was proven.
    func addConnected() async throws -> (app: App, tenant: Tenant, connection: Connection) {
        let app = try await addApp()
        let tenant = try await addTenants(1...1)[0]
        let connection = try await store.consent.apply(
            .judged(.granted(release: 1, servicePrincipal: guid(77))), to: tenant.id, app.name, grants: [],
            evidence: [], at: Self.start, by: .service)
        return (app, tenant, connection)
    }

    /// A fresh link of that tenant.
    func openAttempt(_ tenant: Tenant, _ app: App, life: TimeInterval = 3_600) async throws -> (
        attempt: ConsentAttempt, state: OneTimeState
    ) {
        let attempt = Self.attempt(tenant, app, life: life)
        return (attempt, try await store.consent.open(attempt, by: .service))
    }

    static func tenant(_ number: Int, cloud: Cloud = .public) -> Tenant {
        Tenant(
            id: TenantID(guid(number)), cloud: cloud, name: "Customer \(number)",
            domain: TenantDomain("customer\(number).example"), tags: Tags(["ring": "canary", "plan": "gold"]) ?? .none,
            addedAt: start)
    }

    static func app(_ name: String = "crm", number: Int = 1, cloud: Cloud = .public) -> App {
        App(
            name: appName(name), displayName: "CRM Sync", clientID: ClientID(guid(9_000_000 + number)), cloud: cloud,
            redirectURI: "https://isv.example/consent/callback", addedAt: start)
    }

    /// The preferred credential of that app. An id is cut to its length.
    static func credential(
        _ value: ClientCredential, of app: AppName, id: String = "sample000000", state: Credential.State = .preferred
    ) -> NewCredential {
        NewCredential(
            record: Credential(
                id: credentialID(String(id.prefix(12))), app: app, kind: value.kind, label: "a sample", addedAt: start,
                stored: state),
            value: value)
    }

    static func release(of app: AppName, number: Int = 1) -> Release {
        Release(
            app: app, number: number,
            permissions: [
                Permission(resource: graph, role: "User.Read.All", reason: "To know who works for you."),
                Permission(resource: graph, role: "Group.Read.All", reason: "To know your teams."),
            ])
    }

    static func attempt(_ tenant: Tenant, _ app: App, life: TimeInterval = 3_600) -> ConsentAttempt {
        ConsentAttempt(
            id: AttemptID(.system), tenant: tenant.id, app: app.name, release: 1, redirectURI: app.redirectURI ?? "",
            createdAt: start, expiresAt: start + life)
    }
}

/// The same number gives the same identifier, and a greater one a greater.
func guid(_ number: Int) -> GUID {
    let digits = String(number, radix: 16)
    let text = "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    guard let guid = GUID(text) else { preconditionFailure("\(text) is no GUID") }
    return guid
}

func credentialID(_ text: String) -> CredentialID {
    guard let id = CredentialID(text) else { preconditionFailure("\(text) names no credential") }
    return id
}

func appName(_ text: String) -> AppName {
    guard let name = AppName(text) else { preconditionFailure("\(text) is no app name") }
    return name
}

let graph = resource("https://graph.microsoft.com")

func resource(_ text: String) -> Resource {
    guard let resource = Resource(text) else { preconditionFailure("\(text) is no resource") }
    return resource
}

extension TokenKey {
    init(_ app: App, _ tenant: Tenant, _ resource: Resource = graph) {
        self.init(cloud: app.cloud, tenant: tenant.id, clientID: app.clientID, resource: resource)
    }

    /// A token whose claims fit the key, with a mark that can be searched for.
    func stored(_ mark: String = "canary", receivedAt: Date = Fixture.start) throws -> StoredToken {
        let claims = """
            {"tid":"\(tenant)","appid":"\(clientID)","aud":"\(resource)","roles":["User.Read.All"],"mark":"\(mark)"}
            """
        let jwt = ["{}", claims, mark].map { Base64URL.encode(Array($0.utf8)) }.joined(separator: ".")
        return StoredToken(
            value: Secret(jwt), digest: .of(jwt), acquiredAt: receivedAt, expiresAt: receivedAt + 3_600,
            refreshAt: receivedAt + 1_700)
    }
}
