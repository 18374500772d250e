import FoundationEssentials
import Tenancy

/// Remembers saved groups.
struct SQLiteGroupStore: GroupStore {
    let database: SQLiteDatabase

    func create(_ group: TenantGroup, by actor: Actor) async throws(GroupError) {
        let refusal: GroupError?
        do throws(StoreError) {
            refusal = try await database.write { (db) throws(StoreError) in
                let known = try db.groups()
                if known[group.name] != nil { return .alreadyExists(group.name) }
                if let stranger = group.selector.groups.sorted().first(where: { known[$0] == nil }) {
                    return .unknown(stranger)
                }
                guard group.selector.size(with: known) <= TenantGroup.largest else { return .tooLarge(group.name) }
                try db.execute(
                    "INSERT INTO tenant_group (name, selector, created_at) VALUES (?1, ?2, ?3)",
                    [group.name, group.selector, group.createdAt])
                try db.audit("group.create", group.name, "\(group.selector)", by: actor, at: group.createdAt)
                try db.emit(
                    "group.created",
                    ["name": .string(group.name.description), "selector": .string("\(group.selector)")],
                    by: actor, at: group.createdAt)
                return nil
            }
        } catch {
            throw .store(error)
        }
        if let refusal { throw refusal }
    }

    func group(_ name: GroupName) async throws(StoreError) -> TenantGroup? {
        try database.look { (db) throws(StoreError) in
            try db.first("SELECT * FROM tenant_group WHERE name = ?1", [name], TenantGroup.init)
        }
    }

    func groups() async throws(StoreError) -> [TenantGroup] {
        try await database.readList { (db) throws(StoreError) in
            try db.query("SELECT * FROM tenant_group ORDER BY name", [], TenantGroup.init)
        }
    }

    func delete(_ name: GroupName, at now: Date, by actor: Actor) async throws(GroupError) {
        let refusal: GroupError?
        do throws(StoreError) {
            refusal = try await database.write { (db) throws(StoreError) in
                let known = try db.groups()
                guard known[name] != nil else { return .unknown(name) }
                if let user = known.filter({ $0.value.groups.contains(name) }).keys.min() {
                    return .inUse(name, by: user)
                }
                try db.execute("DELETE FROM tenant_group WHERE name = ?1", [name])
                try db.audit("group.delete", name, "The group was deleted.", by: actor, at: now)
                try db.emit("group.deleted", ["name": .string(name.description)], by: actor, at: now)
                return nil
            }
        } catch {
            throw .store(error)
        }
        if let refusal { throw refusal }
    }
}

extension SQLConnection {
    fileprivate func groups() throws(StoreError) -> [GroupName: Selector] {
        let all = try query("SELECT * FROM tenant_group", [], TenantGroup.init)
        return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.selector) })
    }
}

extension Selector {
    /// Terms and alternatives with those of the groups that it names, each time that it names them. There are no
    /// circles.
    fileprivate func size(with known: [GroupName: Selector]) -> Int {
        terms.reduce(size) { sum, term in
            guard case .group(let names) = term.condition else { return sum }
            return names.reduce(sum) { $0 + (known[$1]?.size(with: known) ?? 0) }
        }
    }
}

extension TenantGroup {
    /// Reads the columns of `tenant_group`.
    fileprivate init(_ row: SQLRow) throws(StoreError) {
        self.init(
            name: try row.value("name") { GroupName($0) }, selector: try row.value("selector", Selector.init(stored:)),
            createdAt: try row.instant("created_at"))
    }
}
