import FoundationEssentials
import OpenSSLCrypto
import Tenancy

/// Remembers registrations. The secret part of a credential is sealed, bound to the app and to what lies beside it.
struct SQLiteAppStore: AppStore {
    let database: SQLiteDatabase
    let sealingKey: SealingKey

    func add(
        _ app: App, release: Release, credential: ClientCredential, summary: CredentialSummary, by actor: Actor
    ) async throws(StoreError) {
        let stored = try StoredCredential(sealing: credential, of: app.name, with: sealingKey)
        try await database.write { (db) throws(StoreError) in
            do throws(StoreError) {
                try db.execute(
                    """
                    INSERT INTO app (name, display_name, client_id, cloud, redirect_uri, added_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                    """,
                    [app.name, app.displayName, app.clientID, app.cloud, app.redirectURI, app.addedAt])
            } catch {
                let taken = try Self.taken(app, db)
                throw error.naming(taken, orMissing: "")
            }
            try Self.insert(release, of: app.name, db)
            try db.execute(
                """
                INSERT INTO app_credential (app, kind, certificate, sealed, added_at, expires_at, thumbprint)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                """,
                [
                    app.name, stored.kind, stored.certificate, stored.sealed, summary.addedAt, summary.expiresAt,
                    summary.thumbprint,
                ])
            try db.audit(
                "app.add", app.name,
                "App \(app.clientID) of cloud \(app.cloud.rawValue) was added with a \(stored.kind) and release "
                    + "\(release.number).", by: actor, at: app.addedAt)
        }
    }

    func apps() async throws(StoreError) -> [App] {
        try database.look { (db) throws(StoreError) in try db.query("SELECT * FROM app ORDER BY name", [], App.init) }
    }

    func app(_ name: AppName) async throws(StoreError) -> App? {
        try database.look { (db) throws(StoreError) in
            try db.first("SELECT * FROM app WHERE name = ?1", [name], App.init)
        }
    }

    func currentRelease(of app: AppName) async throws(StoreError) -> Release {
        try database.read { (db) throws(StoreError) in
            let number = try db.first(
                "SELECT number FROM app_release WHERE app = ?1 ORDER BY number DESC LIMIT 1", [app]
            ) { (row) throws(StoreError) in try row.integer("number") }
            guard let number else { throw .notFound("App '\(app)'") }
            let permissions = try db.query(
                "SELECT * FROM app_permission WHERE app = ?1 AND release = ?2 ORDER BY position", [app, number],
                Permission.init)
            return Release(app: app, number: number, permissions: permissions)
        }
    }

    func credential(of app: AppName) async throws(StoreError) -> ClientCredential {
        let stored = try database.look { (db) throws(StoreError) in
            try db.first("SELECT * FROM app_credential WHERE app = ?1", [app], StoredCredential.init)
        }
        guard let stored else { throw .notFound("App '\(app)'") }
        return try stored.opened(of: app, with: sealingKey)
    }

    func credentialSummary(of app: AppName) async throws(StoreError) -> CredentialSummary {
        let summary = try database.look { (db) throws(StoreError) in
            try db.first("SELECT * FROM app_credential WHERE app = ?1", [app]) { (row) throws(StoreError) in
                CredentialSummary(
                    kind: try row.text("kind"), addedAt: try row.instant("added_at"),
                    expiresAt: try row.instantIfAny("expires_at"), thumbprint: try row.textIfAny("thumbprint"))
            }
        }
        guard let summary else { throw .notFound("App '\(app)'") }
        return summary
    }

    private static func insert(_ release: Release, of app: AppName, _ db: SQLConnection) throws(StoreError) {
        try db.execute("INSERT INTO app_release (app, number) VALUES (?1, ?2)", [app, release.number])
        for (position, permission) in release.permissions.enumerated() {
            try db.execute(
                """
                INSERT INTO app_permission (app, release, position, resource, role, reason)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                """,
                [app, release.number, position, permission.resource, permission.role, permission.reason])
        }
    }

    /// Which of the app's two identities is taken.
    private static func taken(_ app: App, _ db: SQLConnection) throws(StoreError) -> String {
        let sameName = try db.first("SELECT name FROM app WHERE name = ?1", [app.name]) { (row) throws(StoreError) in
            try row.text("name")
        }
        return sameName.map { "App '\($0)'" } ?? "An app with client id \(app.clientID) in cloud \(app.cloud.rawValue)"
    }
}

extension App {
    /// Reads the columns of `app`.
    init(_ row: SQLRow) throws(StoreError) {
        self.init(
            name: try row.value("name", AppName.init), displayName: try row.text("display_name"),
            clientID: try row.value("client_id") { ClientID($0) }, cloud: try row.value("cloud", Cloud.init),
            redirectURI: try row.text("redirect_uri"), addedAt: try row.instant("added_at"))
    }
}

extension Permission {
    /// Reads the columns of `app_permission`.
    init(_ row: SQLRow) throws(StoreError) {
        self.init(
            resource: try row.value("resource", Resource.init), role: try row.text("role"),
            reason: try row.text("reason"))
    }
}
