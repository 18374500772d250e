import FoundationEssentials
import Tenancy

/// Remembers registrations that are kept by a spec.
struct SQLiteRegistrationStore: RegistrationStore {
    let database: SQLiteDatabase

    func registration(_ name: AppName) async throws(StoreError) -> Registration? {
        try database.look { (db) throws(StoreError) in
            try db.first("SELECT * FROM registration WHERE name = ?1", [name], Registration.init)
        }
    }

    func save(_ registration: Registration, by actor: Actor, at now: Date) async throws(StoreError) {
        let spec = try Self.text(of: registration)
        try await database.write { (db) throws(StoreError) in
            try Self.save(registration, spec, db, by: actor, at: now)
        }
    }

    func save(
        _ registration: Registration, app: App, permissions: [Permission], by actor: Actor, at now: Date
    ) async throws(StoreError) {
        let spec = try Self.text(of: registration)
        try await database.write { (db) throws(StoreError) in
            try Self.save(registration, spec, db, by: actor, at: now)
            let isNew = try db.first("SELECT * FROM app WHERE name = ?1", [app.name], App.init) == nil
            if isNew {
                try db.insert(app)
                try db.insert(Release(app: app.name, number: 1, permissions: permissions), at: now, isPublished: true)
                try db.audit(
                    "app.register", app.name,
                    "App \(app.clientID) of cloud \(app.cloud.rawValue) was registered, with release 1.", by: actor, at: now)
            } else {
                try db.update(app)
                try db.draft(permissions, of: app.name, by: actor, at: now)
            }
        }
    }

    private static func text(of registration: Registration) throws(StoreError) -> String? {
        guard let spec = registration.spec else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(spec.json) else { throw .unavailable("the spec cannot be written as JSON") }
        return String(decoding: json, as: UTF8.self)
    }

    private static func save(
        _ registration: Registration, _ spec: String?, _ db: SQLConnection, by actor: Actor, at now: Date
    ) throws(StoreError) {
        let before = try db.first(
            "SELECT * FROM registration WHERE name = ?1", [registration.name], Registration.init)
        try db.execute(
            """
            INSERT INTO registration (name, cloud, home, unique_name, creator, begun_at, object_id, registrar, spec,
                applied_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT (name) DO UPDATE SET object_id = excluded.object_id, registrar = excluded.registrar,
                spec = excluded.spec, applied_at = excluded.applied_at
            """,
            [
                registration.name, registration.cloud, registration.home, registration.uniqueName,
                registration.creator, registration.begunAt, registration.objectID, registration.registrar, spec,
                registration.appliedAt,
            ])
        if before == nil {
            try db.audit(
                "registration.begin", registration.name,
                "The registration in tenant \(registration.home) was begun.", by: actor, at: now)
        }
        if registration.appliedAt != before?.appliedAt {
            try db.audit(
                "registration.apply", registration.name, "The spec was applied to the directory.", by: actor, at: now)
        }
    }
}

extension Registration {
    /// Reads the columns of `registration`.
    init(_ row: SQLRow) throws(StoreError) {
        self.init(
            name: try row.value("name", AppName.init), cloud: try row.value("cloud", Cloud.init),
            home: try row.value("home") { TenantID($0) }, uniqueName: try row.text("unique_name"),
            creator: try row.valueIfAny("creator") { GUID($0) }, begunAt: try row.instant("begun_at"),
            objectID: try row.valueIfAny("object_id") { GUID($0) },
            registrar: try row.valueIfAny("registrar", AppName.init),
            spec: try row.valueIfAny("spec") { text in
                (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))).flatMap { try? RegistrationSpec($0) }
            },
            appliedAt: try row.instantIfAny("applied_at"))
    }
}
