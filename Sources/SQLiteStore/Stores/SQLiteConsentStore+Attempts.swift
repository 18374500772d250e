import FoundationEssentials
import OpenSSLCrypto
import Tenancy

/// Consent links and their answers. A state is derived when it is needed; the database holds its SHA-256 only.
extension SQLiteConsentStore {
    func open(_ attempt: ConsentAttempt, by actor: Actor) async throws(StoreError) -> OneTimeState {
        let state = keys.state(of: attempt)
        let hash = Self.hash(state)
        try await database.write { (db) throws(StoreError) in
            _ = try db.apply(.invited, to: attempt.tenant, attempt.app, evidence: [], at: attempt.createdAt, by: actor)
            do throws(StoreError) {
                try db.execute(
                    """
                    INSERT INTO consent_attempt
                        (id, app, tenant, release, redirect_uri, state_hash, created_at, expires_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                    """,
                    [
                        attempt.id, attempt.app, attempt.tenant, attempt.release, attempt.redirectURI, hash,
                        attempt.createdAt, attempt.expiresAt,
                    ])
            } catch {
                throw error.naming(
                    "This consent link", orMissing: "Release \(attempt.release) of app '\(attempt.app)'")
            }
            try db.emit(
                "link.created", tenant: attempt.tenant, app: attempt.app,
                ["release": .number(Decimal(attempt.release))], by: actor, at: attempt.createdAt)
            try db.audit(
                "consent.link", attempt.tenant,
                "A link for release \(attempt.release) of app '\(attempt.app)' was made.",
                by: actor, at: attempt.createdAt)
        }
        return state
    }

    func attempt(_ id: AttemptID) async throws(StoreError) -> (attempt: ConsentAttempt, state: OneTimeState)? {
        try database.look { (db) throws(StoreError) in
            try db.first("SELECT * FROM consent_attempt WHERE id = ?1", [id], proven)
        }
    }

    func attempt(provenBy state: OneTimeState) async throws(StoreError) -> ConsentAttempt? {
        try database.look { (db) throws(StoreError) in
            try db.first("SELECT * FROM consent_attempt WHERE state_hash = ?1", [Self.hash(state)], proven)?.attempt
        }
    }

    func settle(
        _ attempt: AttemptID, with answer: ConsentAnswer, evidence: [Evidence], at now: Date
    ) async throws(StoreError) -> Bool {
        try await database.write { (db) throws(StoreError) in
            let pinned = try db.first(
                """
                UPDATE consent_attempt SET outcome = ?1, answered_at = ?2
                WHERE id = ?3 AND outcome IS NULL AND expires_at > ?2 RETURNING tenant, app
                """,
                [answer.outcome, now, attempt]
            ) { (row) throws(StoreError) in
                (tenant: try row.value("tenant") { TenantID($0) }, app: try row.value("app", AppName.init))
            }
            guard let (tenant, app) = pinned else { return false }
            let (before, after) = try db.apply(
                .answered(answer), to: tenant, app, evidence: evidence, at: now, by: .visitor)
            try db.audit(
                "consent.answer", tenant,
                "App '\(app)': the browser brought '\(answer.outcome.rawValue)'; "
                    + "\(before.state.rawValue) → \(after.state.rawValue).", by: .visitor, at: now)
            return true
        }
    }

    /// The attempt in a row with its state, if the row still says what it said when the link was made.
    private func proven(_ row: SQLRow) throws(StoreError) -> (attempt: ConsentAttempt, state: OneTimeState) {
        let attempt = try ConsentAttempt(row)
        let state = keys.state(of: attempt)
        guard constantTimeEquals(Self.hash(state), try row.blob("state_hash")) else {
            throw .sealBroken("Consent link of tenant \(attempt.tenant)")
        }
        return (attempt, state)
    }

    private static func hash(_ state: OneTimeState) -> [UInt8] {
        Digest.sha256(Array(state.exposed.utf8))
    }
}

extension ConsentAttempt {
    /// Reads the columns of `consent_attempt`.
    init(_ row: SQLRow) throws(StoreError) {
        self.init(
            id: try row.value("id", AttemptID.init), tenant: try row.value("tenant") { TenantID($0) },
            app: try row.value("app", AppName.init), release: try row.integer("release"),
            redirectURI: try row.text("redirect_uri"), createdAt: try row.instant("created_at"),
            expiresAt: try row.instant("expires_at"), outcome: try row.valueIfAny("outcome", Outcome.init))
    }
}
