import FoundationEssentials
import Tenancy

/// Releases of what an app asks for, as rows.
extension SQLConnection {
    func insert(_ release: Release, at now: Date, isPublished: Bool) throws(StoreError) {
        try execute(
            "INSERT INTO app_release (app, number, created_at, published_at) VALUES (?1, ?2, ?3, ?4)",
            [release.app, release.number, now, isPublished ? now : nil])
        for (position, permission) in release.permissions.enumerated() {
            try execute(
                """
                INSERT INTO app_permission (app, release, position, resource, role, reason)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                """,
                [release.app, release.number, position, permission.resource, permission.role, permission.reason])
        }
    }

    /// Every release, the oldest first.
    func releases(of app: AppName) throws(StoreError) -> [ReleaseRecord] {
        let permissions = try query(
            "SELECT * FROM app_permission WHERE app = ?1 ORDER BY release, position", [app]
        ) { (row) throws(StoreError) in (release: try row.integer("release"), permission: try Permission(row)) }
        let lists = Dictionary(grouping: permissions, by: \.release)
        return try query("SELECT * FROM app_release WHERE app = ?1 ORDER BY number", [app]) {
            (row) throws(StoreError) in
            let number = try row.integer("number")
            return ReleaseRecord(
                release: Release(app: app, number: number, permissions: (lists[number] ?? []).map(\.permission)),
                createdAt: try row.instant("created_at"), publishedAt: try row.instantIfAny("published_at"))
        }
    }

    func currentRelease(of app: AppName) throws(StoreError) -> Release? {
        let number = try first(
            "SELECT number FROM app_release WHERE app = ?1 AND published_at IS NOT NULL ORDER BY number DESC LIMIT 1",
            [app]
        ) { (row) throws(StoreError) in try row.integer("number") }
        guard let number else { return nil }
        let permissions = try query(
            "SELECT * FROM app_permission WHERE app = ?1 AND release = ?2 ORDER BY position", [app, number],
            Permission.init)
        return Release(app: app, number: number, permissions: permissions)
    }

    /// Makes the permissions the draft, unless the newest release says the same already; then there is no draft.
    ///
    /// - Returns: the number under which they stand.
    @discardableResult
    func draft(
        _ permissions: [Permission], of app: AppName, by actor: Actor, at now: Date
    ) throws(StoreError) -> Int {
        let known = try releases(of: app)
        if let draft = known.last, draft.isDraft {
            if draft.release.permissions == permissions { return draft.release.number }
            try execute(
                "DELETE FROM app_permission WHERE app = ?1 AND release = ?2", [app, draft.release.number])
            try execute("DELETE FROM app_release WHERE app = ?1 AND number = ?2", [app, draft.release.number])
        }
        let newest = known.last { !$0.isDraft }?.release
        if let newest, newest.permissions == permissions { return newest.number }
        let number = (newest?.number ?? 0) + 1
        do throws(StoreError) {
            try insert(Release(app: app, number: number, permissions: permissions), at: now, isPublished: false)
        } catch {
            throw error.naming("", orMissing: "App '\(app)'")
        }
        try audit("release.draft", app, "Release \(number) was drafted.", by: actor, at: now)
        return number
    }

    func publish(_ number: Int, of app: AppName, by actor: Actor, at now: Date) throws(StoreError) {
        let known = try releases(of: app)
        guard let draft = known.last, draft.isDraft, draft.release.number == number else {
            throw .notFound("A draft of release \(number) of app '\(app)'")
        }
        try execute(
            "UPDATE app_release SET published_at = ?3 WHERE app = ?1 AND number = ?2", [app, number, now])
        for earlier in known where !earlier.isDraft {
            let (from, to): (ConnectionState, ConnectionState) =
                earlier.release.covers(draft.release) ? (.behind, .granted) : (.granted, .behind)
            try execute(
                """
                INSERT INTO event (at, type, tenant, app, actor, data)
                SELECT ?4, ?5, tenant, app, ?6, json_object('from', state, 'release', release)
                FROM connection WHERE app = ?1 AND state = ?3 AND release = ?2
                """,
                [app, earlier.release.number, from, now, "consent.\(to.rawValue)", actor.description])
            try execute(
                """
                UPDATE connection SET state = ?4, since = ?5, note_code = NULL, note_detail = NULL, note_who = NULL,
                    note_aadsts = NULL, note_correlation = NULL, note_trace = NULL
                WHERE app = ?1 AND release = ?2 AND state = ?3
                """, [app, earlier.release.number, from, to, now])
        }
        try emit("release.published", app: app, ["release": .number(Decimal(number))], by: actor, at: now)
        try audit("release.publish", app, "Release \(number) was published.", by: actor, at: now)
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
