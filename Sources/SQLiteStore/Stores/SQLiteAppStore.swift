import FoundationEssentials
import Tenancy

/// Remembers registrations and the releases of what they ask for.
struct SQLiteAppStore: AppStore {
    let database: SQLiteDatabase
    let sealer: Sealer
    /// Every token that is asked for needs its app, and apps seldom change.
    private let lists = LastLooks<AppName?, [App]>()

    init(database: SQLiteDatabase, sealer: Sealer) {
        self.database = database
        self.sealer = sealer
    }

    func add(_ app: App, release: Release, credential: NewCredential, by actor: Actor) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            try db.insert(app)
            try db.insert(release, at: app.addedAt, isPublished: true)
            try db.insert(credential, with: sealer)
            try db.audit(
                "app.add", app.name,
                "App \(app.clientID) of cloud \(app.cloud.rawValue) was added with a \(credential.record.kind.rawValue) "
                    + "and release \(release.number).", by: actor, at: app.addedAt)
        }
    }

    func apps() async throws(StoreError) -> [App] {
        try lists.value(nil, in: database) { () throws(StoreError) in
            try database.look { (db) throws(StoreError) in
                try db.query("SELECT * FROM app ORDER BY name", [], App.init)
            }
        }
    }

    func app(_ name: AppName) async throws(StoreError) -> App? {
        try database.look { (db) throws(StoreError) in
            try db.first("SELECT * FROM app WHERE name = ?1", [name], App.init)
        }
    }

    func currentRelease(of app: AppName) async throws(StoreError) -> Release {
        try database.read { (db) throws(StoreError) in
            guard let release = try db.currentRelease(of: app) else { throw .notFound("App '\(app)'") }
            return release
        }
    }

    func releases(of app: AppName) async throws(StoreError) -> [ReleaseRecord] {
        try database.read { (db) throws(StoreError) in try db.releases(of: app) }
    }

    func draft(
        _ permissions: [Permission], of app: AppName, by actor: Actor, at now: Date
    ) async throws(StoreError) -> Int {
        try await database.write { (db) throws(StoreError) in
            try db.draft(permissions, of: app, by: actor, at: now)
        }
    }

    func publish(_ number: Int, of app: AppName, by actor: Actor, at now: Date) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            try db.publish(number, of: app, by: actor, at: now)
        }
    }

    func set(
        _ requirement: AdministratorRequirement, of app: AppName, by actor: Actor, at now: Date
    ) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            let changed = try db.execute(
                "UPDATE app SET administrator_sign_in = ?2 WHERE name = ?1", [app, requirement])
            guard changed > 0 else { throw .notFound("App '\(app)'") }
            try db.audit(
                "app.set", app, "Sign-in of an administrator after consent: \(requirement.rawValue).", by: actor,
                at: now)
        }
    }

    func delete(_ app: AppName, by actor: Actor, at now: Date) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            guard let found = try db.first("SELECT * FROM app WHERE name = ?1", [app], App.init) else {
                throw .notFound("App '\(app)'")
            }
            let running = try db.first("SELECT id FROM run WHERE app = ?1 AND state = 'running'", [app]) {
                (row) throws(StoreError) in try row.text("id")
            }
            if let running { throw .alreadyExists("Run \(running) of app '\(app)', which has not ended,") }
            for statement in Self.deletions { try db.execute(statement, [app]) }
            try db.audit(
                "app.delete", app, "App \(found.clientID) was forgotten, with its credentials and consent.", by: actor,
                at: now)
        }
    }

    /// Children before their parents.
    private static let deletions = [
        "UPDATE former_epoch SET last = max(last, ifnull((SELECT max(epoch) FROM connection WHERE app = ?1), last))",
        "DELETE FROM campaign_member WHERE campaign IN (SELECT id FROM campaign WHERE app = ?1)",
        "DELETE FROM campaign WHERE app = ?1", "DELETE FROM token_mismatch WHERE app = ?1",
        "DELETE FROM run_item WHERE run IN (SELECT id FROM run WHERE app = ?1)", "DELETE FROM run WHERE app = ?1",
        "DELETE FROM consent_attempt WHERE app = ?1", "DELETE FROM evidence WHERE app = ?1",
        "DELETE FROM connection_grant WHERE app = ?1", "DELETE FROM connection WHERE app = ?1",
        "DELETE FROM rotation WHERE app = ?1", "DELETE FROM credential WHERE app = ?1",
        "DELETE FROM app_permission WHERE app = ?1", "DELETE FROM app_release WHERE app = ?1",
        "DELETE FROM registration WHERE name = ?1", "DELETE FROM app WHERE name = ?1",
    ]
}

extension SQLConnection {
    func insert(_ app: App) throws(StoreError) {
        do throws(StoreError) {
            try execute(
                """
                INSERT INTO app (name, display_name, client_id, cloud, redirect_uri, added_at, audience, home_tenant)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                """,
                [
                    app.name, app.displayName, app.clientID, app.cloud, app.redirectURI ?? "", app.addedAt,
                    app.audience, app.homeTenant,
                ])
        } catch {
            let taken = try taken(app)
            throw error.naming(taken, orMissing: "")
        }
    }

    func update(_ app: App) throws(StoreError) {
        try execute(
            """
            UPDATE app SET display_name = ?2, redirect_uri = ?3, audience = ?4, home_tenant = ?5 WHERE name = ?1
            """, [app.name, app.displayName, app.redirectURI ?? "", app.audience, app.homeTenant])
    }

    /// Which of the app's two identities is taken.
    private func taken(_ app: App) throws(StoreError) -> String {
        let sameName = try first("SELECT name FROM app WHERE name = ?1", [app.name]) { (row) throws(StoreError) in
            try row.text("name")
        }
        return sameName.map { "App '\($0)'" } ?? "An app with client id \(app.clientID) in cloud \(app.cloud.rawValue)"
    }
}

extension App {
    /// Reads the columns of `app`.
    init(_ row: SQLRow) throws(StoreError) {
        let redirectURI = try row.text("redirect_uri")
        self.init(
            name: try row.value("name", AppName.init), displayName: try row.text("display_name"),
            clientID: try row.value("client_id") { ClientID($0) }, cloud: try row.value("cloud", Cloud.init),
            audience: try row.value("audience", Audience.init),
            homeTenant: try row.valueIfAny("home_tenant") { TenantID($0) },
            redirectURI: redirectURI.isEmpty ? nil : redirectURI, addedAt: try row.instant("added_at"),
            administratorSignIn: try row.value("administrator_sign_in", AdministratorRequirement.init))
    }
}
