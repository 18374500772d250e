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
        let applied = try AppliedText(registration.applied)
        try await database.write { (db) throws(StoreError) in
            try Self.save(registration, applied, db, by: actor, at: now)
        }
    }

    func save(
        _ registration: Registration, app: App, permissions: [Permission], by actor: Actor, at now: Date
    ) async throws(StoreError) {
        let applied = try AppliedText(registration.applied)
        try await database.write { (db) throws(StoreError) in
            try Self.save(registration, applied, db, by: actor, at: now)
            let isNew = try db.first("SELECT * FROM app WHERE name = ?1", [app.name], App.init) == nil
            if isNew {
                try db.insert(app)
                try db.insert(Release(app: app.name, number: 1, permissions: permissions), at: now, isPublished: true)
                try db.audit(
                    "app.register", app.name,
                    "App \(app.clientID) of cloud \(app.cloud.rawValue) was registered, with release 1.", by: actor,
                    at: now)
            } else {
                try db.update(app)
                try db.draft(permissions, of: app.name, by: actor, at: now)
            }
        }
    }

    private static func save(
        _ registration: Registration, _ applied: AppliedText?, _ db: SQLConnection, by actor: Actor, at now: Date
    ) throws(StoreError) {
        let before = try db.first(
            "SELECT * FROM registration WHERE name = ?1", [registration.name], Registration.init)
        try db.execute(
            """
            INSERT INTO registration (name, cloud, home, unique_name, creator, begun_at, object_id, registrar, spec,
                permissions, applied_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (name) DO UPDATE SET creator = excluded.creator, object_id = excluded.object_id,
                registrar = excluded.registrar, spec = excluded.spec, permissions = excluded.permissions,
                applied_at = excluded.applied_at
            """,
            [
                registration.name, registration.cloud, registration.home, registration.uniqueName,
                registration.creator, registration.begunAt, registration.objectID, registration.registrar,
                applied?.spec, applied?.permissions, registration.applied?.at,
            ])
        if before == nil {
            try db.audit(
                "registration.begin", registration.name,
                "The registration in tenant \(registration.home) was begun.", by: actor, at: now)
        }
        if registration.applied?.at != before?.applied?.at {
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
            applied: try Applied(row))
    }
}

/// The spec and its permissions as JSON.
private struct AppliedText: Sendable {
    let spec: String
    let permissions: String

    init?(_ applied: Registration.Applied?) throws(StoreError) {
        guard let applied else { return nil }
        let list = JSONValue.array(
            applied.permissions.map {
                .object([
                    "resource": .string($0.resource.description), "role": .string($0.role),
                    "reason": .string($0.reason),
                ])
            })
        (spec, permissions) = (try applied.spec.json.storedText(), try list.storedText())
    }
}

extension Registration.Applied {
    /// Reads three columns; `nil` when nothing was applied.
    fileprivate init?(_ row: SQLRow) throws(StoreError) {
        guard let at = try row.instantIfAny("applied_at") else { return nil }
        func json(_ column: String) throws(StoreError) -> JSONValue {
            try row.value(column, JSONValue.init(stored:))
        }
        let damaged = StoreError.unavailable("the database is damaged: an applied spec is not what belongs there")
        guard let spec = try? RegistrationSpec(try json("spec")), case .array(let list) = try json("permissions") else {
            throw damaged
        }
        let permissions = list.compactMap { entry -> Permission? in
            guard case .object(let members) = entry, case .string(let name)? = members["resource"],
                let resource = Resource(name), case .string(let role)? = members["role"],
                case .string(let reason)? = members["reason"]
            else { return nil }
            return Permission(resource: resource, role: role, reason: reason)
        }
        guard permissions.count == list.count else { throw damaged }
        self.init(spec: spec, permissions: permissions, at: at)
    }
}
