import FoundationEssentials
import OpenSSLCrypto
import Tenancy

/// Consent links and their answers. A state is derived when it is needed; the database holds its SHA-256 only.
extension SQLiteConsentStore {
    func open(_ attempt: ConsentAttempt, by actor: Actor) async throws(StoreError) -> OneTimeState {
        let state = secrets.state(of: attempt)
        let hash = Self.hash(state)
        try await database.write { (db) throws(StoreError) in
            // In this transaction, so that no link of a campaign comes after it was cancelled.
            if let campaign = attempt.campaign, try db.isStopped(campaign) { throw .notFound("A running campaign") }
            _ = try db.apply(.invited, to: attempt.tenant, attempt.app, evidence: [], at: attempt.createdAt, by: actor)
            do throws(StoreError) {
                try db.execute(
                    """
                    INSERT INTO consent_attempt
                        (id, app, tenant, release, redirect_uri, state_hash, created_at, expires_at, campaign)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                    """,
                    [
                        attempt.id, attempt.app, attempt.tenant, attempt.release, attempt.redirectURI, hash,
                        attempt.createdAt, attempt.expiresAt, attempt.campaign,
                    ])
            } catch {
                throw error.naming(
                    "This consent link", orMissing: "Release \(attempt.release) of app '\(attempt.app)'")
            }
            try db.emit(
                "link.created", tenant: attempt.tenant, app: attempt.app,
                [
                    "release": .number(Decimal(attempt.release)),
                    "campaign": attempt.campaign.map { .string($0) } ?? .null,
                ].filter { $0.value != .null }, by: actor, at: attempt.createdAt)
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
            guard
                let known = try db.first("SELECT * FROM consent_attempt WHERE id = ?1", [attempt], ConsentAttempt.init)
            else { return false }
            let (tenant, app) = (known.tenant, known.app)
            guard known.isOpen(at: now) else {
                // A yes that is brought again asks for another look at most.
                if known.isApproved, answer == .approved {
                    _ = try db.apply(.reminded, to: tenant, app, evidence: [], at: now, by: .visitor)
                }
                return false
            }
            guard answer.outcome != known.outcome || answer.named != known.named else { return true }
            if known.outcome != nil, !answer.outcome.isFinal, try db.isChattering(tenant) { return true }
            try db.execute(
                "UPDATE consent_attempt SET outcome = ?1, answered_at = ?2, named = ?3 WHERE id = ?4",
                [answer.outcome, now, answer.named, attempt])
            let (before, after) = try db.apply(
                .answered(answer), to: tenant, app, evidence: evidence, at: now, by: .visitor)
            if answer.isMisdirected {
                try db.emit(
                    "consent.misdirected", tenant: tenant, app: app,
                    ["named": answer.named.map { .string($0.description) } ?? .null], by: .visitor, at: now)
            }
            try db.audit(
                "consent.answer", tenant,
                "App '\(app)': the browser brought '\(answer.outcome.rawValue)'; "
                    + "\(before.state.rawValue) → \(after.state.rawValue).", by: .visitor, at: now)
            return true
        }
    }

    func attempts(of tenant: TenantID, _ app: AppName, limit: Int) async throws(StoreError) -> [ConsentAttempt] {
        try database.look { (db) throws(StoreError) in
            try db.query(
                """
                SELECT * FROM consent_attempt WHERE app = ?1 AND tenant = ?2 ORDER BY created_at DESC, id LIMIT ?3
                """, [app, tenant, limit], ConsentAttempt.init)
        }
    }

    func cancel(_ attempt: AttemptID, by actor: Actor, at now: Date) async throws(StoreError) -> Bool {
        try await database.write { (db) throws(StoreError) in
            guard
                let known = try db.first("SELECT * FROM consent_attempt WHERE id = ?1", [attempt], ConsentAttempt.init),
                known.isOpen(at: now)
            else { return false }
            try db.execute(
                "UPDATE consent_attempt SET outcome = 'cancelled', answered_at = ?2 WHERE id = ?1", [attempt, now])
            let hasOpenLink = try db.hasOpenAttempt(known.tenant, known.app, at: now)
            if !hasOpenLink, try db.connection(known.tenant, known.app).state == .invited {
                _ = try db.apply(
                    .released(hasOpenLink: false), to: known.tenant, known.app, evidence: [], at: now, by: actor)
            }
            try db.emit("link.cancelled", tenant: known.tenant, app: known.app, by: actor, at: now)
            try db.audit(
                "consent.cancel", known.tenant, "A link of app '\(known.app)' was taken back.", by: actor, at: now)
            return true
        }
    }

    func signIn(after attempt: ConsentAttempt) -> SignInBinding { secrets.signIn(after: attempt) }

    func attempt(signedInBy state: OneTimeState) async throws(StoreError) -> ConsentAttempt? {
        guard let id = AttemptID(String(state.exposed.prefix { $0 != "." })),
            let attempt = try await attempt(id)?.attempt,
            constantTimeEquals(Array(secrets.signIn(after: attempt).state.exposed.utf8), Array(state.exposed.utf8))
        else { return nil }
        return attempt
    }

    func confirm(
        _ attempt: AttemptID, administrator: GUID, evidence: [Evidence], at now: Date
    ) async throws(StoreError) -> Bool {
        try await database.write { (db) throws(StoreError) in
            let pinned = try db.first(
                """
                UPDATE consent_attempt SET administrator = ?1 WHERE id = ?2 AND administrator IS NULL
                RETURNING tenant, app
                """, [administrator, attempt]
            ) { (row) throws(StoreError) in try row.tenantAndApp() }
            guard let (tenant, app) = pinned else { return false }
            _ = try db.apply(.confirmed, to: tenant, app, evidence: evidence, at: now, by: .visitor)
            try db.audit(
                "consent.confirm", tenant, "App '\(app)': \(administrator) signed in after saying yes.",
                by: .visitor, at: now)
            return true
        }
    }

    /// The attempt in a row with its state, if the row still says what it said when the link was made.
    private func proven(_ row: SQLRow) throws(StoreError) -> (attempt: ConsentAttempt, state: OneTimeState) {
        let attempt = try ConsentAttempt(row)
        let state = secrets.state(of: attempt)
        guard constantTimeEquals(Self.hash(state), try row.blob("state_hash")) else {
            throw .sealBroken("Consent link of tenant \(attempt.tenant)")
        }
        return (attempt, state)
    }

    private static func hash(_ state: OneTimeState) -> [UInt8] {
        Digest.sha256(Array(state.exposed.utf8))
    }
}

extension SQLConnection {
    /// Whether that campaign is there and makes no links now.
    fileprivate func isStopped(_ campaign: String) throws(StoreError) -> Bool {
        try first("SELECT 1 AS found FROM campaign WHERE id = ?1 AND state <> 'running'", [campaign]) {
            (row) throws(StoreError) in try row.integer("found")
        } != nil
    }

    /// Whether answers for that tenant make up so much of the newest audit lines that a further no is not worth one:
    /// a link takes any number of them, and whoever holds it could fill the disk.
    fileprivate func isChattering(_ tenant: TenantID) throws(StoreError) -> Bool {
        let answers = try first(
            """
            SELECT count(*) AS answers FROM (SELECT action, subject FROM audit ORDER BY sequence DESC LIMIT 200)
            WHERE action = 'consent.answer' AND subject = ?1
            """, [tenant]
        ) { (row) throws(StoreError) in try row.integer("answers") }
        return answers ?? 0 >= 20
    }

    func hasOpenAttempt(_ tenant: TenantID, _ app: AppName, at now: Date) throws(StoreError) -> Bool {
        try first(
            """
            SELECT 1 AS open FROM consent_attempt WHERE app = ?1 AND tenant = ?2 AND expires_at > ?3
                AND (outcome IS NULL OR outcome NOT IN ('approved', 'cancelled')) LIMIT 1
            """, [app, tenant, now]
        ) { (row) throws(StoreError) in try row.integer("open") } != nil
    }
}

extension ConsentAttempt {
    /// Reads the columns of `consent_attempt`.
    init(_ row: SQLRow) throws(StoreError) {
        self.init(
            id: try row.value("id", AttemptID.init), tenant: try row.value("tenant") { TenantID($0) },
            app: try row.value("app", AppName.init), release: try row.integer("release"),
            redirectURI: try row.text("redirect_uri"), createdAt: try row.instant("created_at"),
            expiresAt: try row.instant("expires_at"), outcome: try row.valueIfAny("outcome", Outcome.init),
            answeredAt: try row.instantIfAny("answered_at"), named: try row.valueIfAny("named") { TenantID($0) },
            administrator: try row.valueIfAny("administrator") { GUID($0) }, campaign: try row.textIfAny("campaign"))
    }
}
