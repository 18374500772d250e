import FoundationEssentials
import Tenancy

/// Remembers plans for many tenants, and carries them out.
struct SQLiteBulkStore: BulkStore {
    let database: SQLiteDatabase

    func plan(
        _ id: BulkPlanID, _ action: BulkAction, selector: Selector, app: AppName?, at now: Date
    ) async throws(BulkError) -> BulkPlan {
        do throws(StoreError) {
            return try await database.write { (db) throws(StoreError) in
                let plan = BulkPlan(
                    id: id, action: action, selector: selector, app: app,
                    tenants: try db.members(selector, app: app), createdAt: now)
                try db.execute("DELETE FROM bulk_plan WHERE created_at < ?1", [now - BulkPlan.life - 86_400])
                // One that can be used no more is kept to say so; its list, which may be long, is not.
                try db.execute(
                    "UPDATE bulk_plan SET tenants = '' WHERE created_at <= ?1 AND tenants <> ''", [now - BulkPlan.life])
                try db.execute(
                    """
                    INSERT INTO bulk_plan (id, action, selector, app, tenants, created_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                    """,
                    [
                        id, try action.json.storedText(), selector, app,
                        plan.tenants.map(\.description).joined(separator: "\n"), now,
                    ])
                return plan
            }
        } catch {
            throw .store(error)
        }
    }

    func carryOut(
        _ id: BulkPlanID, believing action: BulkAction?, selector: Selector?, at now: Date, by actor: Actor
    ) async throws(BulkError) -> (plan: BulkPlan, outcomes: [TenantChange.Outcome]) {
        let result: Result<Done, BulkError>
        do throws(StoreError) {
            result = try await database.write { (db) throws(StoreError) in
                guard let (plan, isUsed) = try db.plan(id) else { return .failure(.unknown(id.description)) }
                guard !isUsed else { return .failure(.used(id)) }
                guard now < plan.expiresAt else { return .failure(.expired(id)) }
                guard action ?? plan.action == plan.action, selector ?? plan.selector == plan.selector else {
                    return .failure(.otherAction(id))
                }
                let members = try db.members(plan.selector, app: plan.app)
                guard members == plan.tenants else {
                    let (before, after) = (Set(plan.tenants), Set(members))
                    return .failure(
                        .changed(came: after.subtracting(before).count, went: before.subtracting(after).count))
                }
                return .success(try db.carryOut(plan, at: now, by: actor))
            }
        } catch {
            throw .store(error)
        }
        let done = try result.get()
        return (done.plan, done.outcomes)
    }
}

private struct Done: Sendable {
    let plan: BulkPlan
    let outcomes: [TenantChange.Outcome]
}

extension SQLConnection {
    fileprivate func plan(_ id: BulkPlanID) throws(StoreError) -> (plan: BulkPlan, isUsed: Bool)? {
        try first("SELECT * FROM bulk_plan WHERE id = ?1", [id]) { (row) throws(StoreError) in
            let plan = BulkPlan(
                id: id, action: try row.value("action") { JSONValue(stored: $0).flatMap { BulkAction($0) } },
                selector: try row.value("selector", Selector.init(stored:)),
                app: try row.valueIfAny("app", AppName.init),
                tenants: try row.text("tenants").split(separator: "\n").compactMap { TenantID(String($0)) },
                createdAt: try row.instant("created_at"))
            return (plan, try row.integerIfAny("used_at") != nil)
        }
    }

    fileprivate func carryOut(_ plan: BulkPlan, at now: Date, by actor: Actor) throws(StoreError) -> Done {
        try execute("UPDATE bulk_plan SET used_at = ?2 WHERE id = ?1", [plan.id, now])
        try audit(
            "bulk.\(plan.action.verb.rawValue)", plan.id,
            "\(plan.tenants.count) tenants of the selector '\(plan.selector)'.", by: actor, at: now)
        guard case .change(let change) = plan.action else { return Done(plan: plan, outcomes: []) }
        var outcomes: [TenantChange.Outcome] = []
        for tenant in plan.tenants {
            if let outcome = try self.change(tenant, change, at: now, by: actor) { outcomes.append(outcome) }
        }
        return Done(plan: plan, outcomes: outcomes)
    }
}
