import FoundationEssentials
import Tenancy

/// Remembers credentials. Their secret parts are sealed, each bound to its row and to what lies beside it.
struct SQLiteCredentialStore: CredentialStore {
    let database: SQLiteDatabase
    let sealer: Sealer
    // Each new token asks for the same few.
    private let lists = LastLooks<AppName?, [Credential]>()
    private let values = LastLooks<CredentialID, ClientCredential>()

    init(database: SQLiteDatabase, sealer: Sealer) {
        self.database = database
        self.sealer = sealer
    }

    func credentials(of app: AppName?) async throws(StoreError) -> [Credential] {
        try lists.value(app, in: database) { () throws(StoreError) in
            try database.look { (db) throws(StoreError) in
                guard let app else {
                    return try db.query("SELECT * FROM credential ORDER BY app, added_at, id", [], Credential.init)
                }
                return try db.query(
                    "SELECT * FROM credential WHERE app = ?1 ORDER BY added_at, id", [app], Credential.init)
            }
        }
    }

    func open(_ id: CredentialID) async throws(StoreError) -> ClientCredential {
        try values.value(id, in: database) { () throws(StoreError) in
            let found = try database.look { (db) throws(StoreError) in
                try db.first("SELECT * FROM credential WHERE id = ?1", [id]) { (row) throws(StoreError) in
                    (stored: try StoredCredential(row), app: try row.value("app", AppName.init))
                }
            }
            guard let found else { throw .notFound("Credential \(id)") }
            return try found.stored.opened(as: id, of: found.app, with: sealer)
        }
    }

    func change(
        _ changes: [CredentialChange], of app: AppName, saving rotation: Rotation?, by actor: Actor, at now: Date
    ) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            for change in changes { try db.apply(change, of: app, with: sealer, by: actor, at: now) }
            if let rotation { try db.save(rotation, by: actor, at: now) }
        }
    }

    func rotation(of app: AppName) async throws(StoreError) -> Rotation? {
        try database.look { (db) throws(StoreError) in
            try db.first("SELECT * FROM rotation WHERE app = ?1", [app], Rotation.init)
        }
    }

    func unfinishedRotations() async throws(StoreError) -> [Rotation] {
        try database.look { (db) throws(StoreError) in
            try db.query("SELECT * FROM rotation WHERE step IN ('adding', 'observing') ORDER BY due", [], Rotation.init)
        }
    }
}

extension SQLConnection {
    /// Carries one change out and writes it into the audit log.
    func apply(
        _ change: CredentialChange, of app: AppName, with sealer: Sealer, by actor: Actor, at now: Date
    ) throws(StoreError) {
        switch change {
        case .add(let new):
            try insert(new, with: sealer)
            try audit(
                "credential.add", new.record.id, "A \(new.record.kind.rawValue) of app '\(app)' was added.", by: actor,
                at: now)
        case .identified(let id, let keyID):
            try update("UPDATE credential SET key_id = ?3 WHERE app = ?1 AND id = ?2", app, id, [keyID])
        case .activate(let id):
            try update("UPDATE credential SET state = 'active', retire_at = NULL WHERE app = ?1 AND id = ?2", app, id)
            try audit("credential.activate", id, "The credential of app '\(app)' works.", by: actor, at: now)
        case .prefer(let id, let retirement):
            try prefer(id, retirement, app, by: actor, at: now)
        case .retire(let id, let instant):
            try update(
                "UPDATE credential SET state = 'retiring', retire_at = ?3 WHERE app = ?1 AND id = ?2", app, id,
                [instant])
            try audit("credential.retire", id, "The credential of app '\(app)' is to go.", by: actor, at: now)
        case .remove(let id):
            try update("DELETE FROM credential WHERE app = ?1 AND id = ?2", app, id)
            try audit("credential.remove", id, "The credential of app '\(app)' was removed.", by: actor, at: now)
        case .reject(let id, let rejection):
            try update(
                """
                UPDATE credential SET rejected_at = ?3, rejected_aadsts = ?4, rejected_reason = ?5
                WHERE app = ?1 AND id = ?2
                """, app, id,
                [rejection.at, rejection.aadsts, rejection.reason])
            let code = rejection.aadsts.map { " with AADSTS\($0)" } ?? ""
            let what =
                rejection.reason == nil
                ? "The authority rejected the credential of app '\(app)'\(code)."
                : "The credential of app '\(app)' could not be used here."
            try audit("credential.reject", id, what, by: actor, at: now)
        case .accept(let id):
            try update(
                """
                UPDATE credential SET rejected_at = NULL, rejected_aadsts = NULL, rejected_reason = NULL
                WHERE app = ?1 AND id = ?2
                """, app, id)
            try audit("credential.accept", id, "The credential of app '\(app)' works again.", by: actor, at: now)
        }
    }

    private func update(
        _ sql: String, _ app: AppName, _ id: CredentialID, _ values: [any SQLBindable] = []
    ) throws(StoreError) {
        guard try execute(sql, [app, id] + values) == 1 else { throw .notFound("Credential \(id)") }
    }

    func insert(_ new: NewCredential, with sealer: Sealer) throws(StoreError) {
        let credential = new.record
        let stored = try StoredCredential(sealing: new.value, as: credential.id, of: credential.app, with: sealer)
        do throws(StoreError) {
            try execute(
                """
                INSERT INTO credential (id, app, kind, label, state, certificate, sealed, layout, thumbprint, key_id,
                    added_at, expires_at, retire_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                """,
                [
                    credential.id, credential.app, credential.kind, credential.label, credential.stored,
                    stored.certificate, stored.sealed, stored.layout, credential.thumbprint, credential.keyID,
                    credential.addedAt, credential.expiresAt, credential.retireAt,
                ])
        } catch {
            throw error.naming("Credential \(credential.id)", orMissing: "App '\(credential.app)'")
        }
    }

    private func prefer(
        _ id: CredentialID, _ retirement: Date?, _ app: AppName, by actor: Actor, at now: Date
    ) throws(StoreError) {
        try execute(
            """
            UPDATE credential SET state = iif(?3 IS NULL, 'active', 'retiring'), retire_at = ?3
            WHERE app = ?1 AND state = 'preferred' AND id <> ?2
            """, [app, id, retirement])
        try update("UPDATE credential SET state = 'preferred', retire_at = NULL WHERE app = ?1 AND id = ?2", app, id)
        try audit("credential.prefer", id, "The credential of app '\(app)' is used first.", by: actor, at: now)
    }

    fileprivate func save(_ rotation: Rotation, by actor: Actor, at now: Date) throws(StoreError) {
        let before = try first("SELECT * FROM rotation WHERE app = ?1", [rotation.app], Rotation.init)
        if let before, !before.isFinal, before.credential != rotation.credential {
            throw .alreadyExists("A rotation of app '\(rotation.app)' that has not ended")
        }
        do throws(StoreError) {
            try execute(
                """
                INSERT INTO rotation (app, credential, kind, purpose, overlap_s, started_at, life_s, step, seen, due,
                    deadline, fault_code, fault_detail, fault_who, fault_aadsts, fault_correlation, fault_trace)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
                ON CONFLICT (app) DO UPDATE SET credential = excluded.credential, kind = excluded.kind,
                    purpose = excluded.purpose, overlap_s = excluded.overlap_s, started_at = excluded.started_at,
                    life_s = excluded.life_s, step = excluded.step, seen = excluded.seen, due = excluded.due,
                    deadline = excluded.deadline, fault_code = excluded.fault_code,
                    fault_detail = excluded.fault_detail, fault_who = excluded.fault_who,
                    fault_aadsts = excluded.fault_aadsts, fault_correlation = excluded.fault_correlation,
                    fault_trace = excluded.fault_trace
                """,
                [
                    rotation.app, rotation.credential, rotation.kind, rotation.purpose.name, rotation.purpose.overlap,
                    rotation.startedAt, Int(rotation.life), rotation.step, rotation.seen, rotation.due,
                    rotation.deadline, rotation.fault?.code, rotation.fault?.detail, rotation.fault?.whoMustAct,
                    rotation.fault?.trace?.aadsts, rotation.fault?.trace?.correlationID, rotation.fault?.trace?.traceID,
                ])
        } catch {
            throw error.naming("", orMissing: "App '\(rotation.app)'")
        }
        guard before?.credential != rotation.credential || before?.step != rotation.step else { return }
        try audit(
            "credential.rotation", rotation.credential,
            "Rotation (\(rotation.purpose.name)) of app '\(rotation.app)': \(rotation.step.rawValue).", by: actor,
            at: now)
    }
}

extension Rotation.Purpose {
    fileprivate var name: String {
        switch self {
        case .add: "add"
        case .replace: "replace"
        case .drill: "drill"
        }
    }

    fileprivate var overlap: Int? {
        if case .replace(let overlap) = self { Int(overlap) } else { nil }
    }

    fileprivate init(_ row: SQLRow) throws(StoreError) {
        switch (try row.text("purpose"), try row.integerIfAny("overlap_s")) {
        case ("replace", let overlap?): self = .replace(overlap: TimeInterval(overlap))
        case ("drill", nil): self = .drill
        default: self = .add
        }
    }
}

extension Rotation {
    /// Reads the columns of `rotation`.
    init(_ row: SQLRow) throws(StoreError) {
        self.init(
            app: try row.value("app", AppName.init), credential: try row.value("credential", CredentialID.init),
            kind: try row.value("kind", CredentialKind.init), purpose: try Purpose(row),
            startedAt: try row.instant("started_at"), life: TimeInterval(try row.integer("life_s")),
            step: try row.value("step", Step.init), seen: try row.integer("seen"), due: try row.instant("due"),
            deadline: try row.instant("deadline"), fault: try Fault(row, prefix: "fault"))
    }
}

extension Credential {
    /// Reads the columns of `credential`.
    init(_ row: SQLRow) throws(StoreError) {
        let (aadsts, reason) = (try row.integerIfAny("rejected_aadsts"), try row.textIfAny("rejected_reason"))
        self.init(
            id: try row.value("id", CredentialID.init), app: try row.value("app", AppName.init),
            kind: try row.value("kind", CredentialKind.init), label: try row.text("label"),
            addedAt: try row.instant("added_at"), expiresAt: try row.instantIfAny("expires_at"),
            thumbprint: try row.textIfAny("thumbprint"), stored: try row.value("state", State.init),
            keyID: try row.valueIfAny("key_id") { GUID($0) }, retireAt: try row.instantIfAny("retire_at"),
            rejection: try row.instantIfAny("rejected_at").map { Rejection(aadsts: aadsts, reason: reason, at: $0) })
    }
}
