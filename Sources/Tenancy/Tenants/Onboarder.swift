import FoundationEssentials

/// Takes a customer's tenant in: names it, proves that it exists, remembers it.
package struct Onboarder: Sendable {
    private let discovery: any TenantDiscovery
    private let store: any TenantStore
    private let clock: WallClock
    /// How many discovery requests an import has in flight.
    private static let importConcurrency = 16

    package init(discovery: any TenantDiscovery, store: any TenantStore, clock: WallClock) {
        self.discovery = discovery
        self.store = store
        self.clock = clock
    }

    /// Looks the tenant up in every cloud and adds it.
    ///
    /// - Parameters:
    ///   - text: GUID or domain.
    ///   - name: what to call the customer; the domain or GUID when absent.
    ///   - cloud: settles an ambiguity: only that cloud is asked.
    package func add(
        _ text: String, name: String?, tags: Tags, cloud: Cloud? = nil, by actor: Actor
    ) async throws(OnboardingError) -> Tenant {
        let candidate = try await candidate(text, name: name, tags: tags, cloud: cloud)
        do {
            try await store.add([candidate], by: actor)
        } catch .alreadyExists {
            throw OnboardingError(text, .alreadyOnboarded(candidate.id))
        } catch {
            throw OnboardingError(text, .store(error))
        }
        return candidate
    }

    /// Judges every row, then, unless `dryRun`, adds the good ones in one transaction. A bad row stops no other. A
    /// tenant that is known already is no fault of its row.
    ///
    /// - Parameter update: known tenants take the name over, where the row gives one, and its tags; tags that the row
    ///   does not name stay.
    package func importRows(
        _ rows: [ImportRow], dryRun: Bool, update: Bool = false, by actor: Actor
    ) async throws(StoreError) -> [ImportVerdict] {
        var verdicts = await judge(rows)
        try await markKnownAndRepeated(&verdicts, update: update)
        guard !dryRun else { return verdicts }
        var accepted: [Tenant] = []
        var changes: [(id: TenantID, change: TenantChange)] = []
        for verdict in verdicts {
            switch verdict.outcome {
            case .accepted(let tenant): accepted.append(tenant)
            case .outdated(let tenant): changes.append((tenant.id, Self.change(verdict.row)))
            case .added, .known, .updated, .repeats, .invalid, .refused: break
            }
        }
        try await store.add(accepted, changing: changes, at: clock.now(), by: actor)
        return verdicts.map { verdict in
            switch verdict.outcome {
            case .accepted(let tenant): verdict.with(.added(tenant))
            case .outdated(let tenant): verdict.with(.updated(tenant))
            case .added, .known, .updated, .repeats, .invalid, .refused: verdict
            }
        }
    }

    private static func change(_ row: ImportRow) -> TenantChange {
        .edit(
            name: row.name.isEmpty ? nil : row.name, set: Tags(parsing: row.tags)?.values ?? [:], remove: [])
    }

    /// What becomes of the row of a tenant that is onboarded.
    private func judge(_ row: ImportRow, of known: Tenant, update: Bool) -> ImportVerdict.Outcome {
        guard update else { return .known(known) }
        return switch Self.change(row).applied(to: known, at: clock.now()) {
        case .changed(let tenant): .outdated(tenant)
        case .unchanged(let tenant): .known(tenant)
        case .refused: .refused(OnboardingError(row.tenant, .invalidTags))
        }
    }

    private func candidate(
        _ text: String, name: String?, tags: Tags, cloud: Cloud? = nil
    ) async throws(OnboardingError) -> Tenant {
        let reference = try TenantReference(text)
        let name = name ?? reference.description
        guard Tenant.isName(name) else { throw OnboardingError(text, .invalidName) }
        let found = try await discovery.discover(reference, in: cloud)
        let domain: TenantDomain? = if case .domain(let domain) = reference { domain } else { nil }
        return Tenant(id: found.id, cloud: found.cloud, name: name, domain: domain, tags: tags, addedAt: clock.now())
    }

    private func judge(_ rows: [ImportRow]) async -> [ImportVerdict] {
        await withTaskGroup(of: (Int, ImportVerdict).self) { group in
            var verdicts = [ImportVerdict?](repeating: nil, count: rows.count)
            var next = 0
            func startOne() {
                guard next < rows.count else { return }
                let (index, row) = (next, rows[next])
                next += 1
                group.addTask { (index, await judge(row)) }
            }
            for _ in 0..<Self.importConcurrency { startOne() }
            for await (index, verdict) in group {
                verdicts[index] = verdict
                startOne()
            }
            return verdicts.compactMap { $0 }
        }
    }

    private func judge(_ row: ImportRow) async -> ImportVerdict {
        guard row.fault == nil else { return ImportVerdict(row, .invalid(row.fault ?? "")) }
        guard let tags = Tags(parsing: row.tags) else {
            return ImportVerdict(row, .refused(OnboardingError(row.tenant, .invalidTags)))
        }
        do {
            let tenant = try await candidate(row.tenant, name: row.name.isEmpty ? nil : row.name, tags: tags)
            return ImportVerdict(row, .accepted(tenant))
        } catch {
            return ImportVerdict(row, .refused(error))
        }
    }

    private func markKnownAndRepeated(_ verdicts: inout [ImportVerdict], update: Bool) async throws(StoreError) {
        var firstLine: [TenantID: Int] = [:]
        for index in verdicts.indices {
            guard case .accepted(let tenant) = verdicts[index].outcome else { continue }
            if let line = firstLine[tenant.id] {
                verdicts[index] = verdicts[index].with(.repeats(line: line))
                continue
            }
            firstLine[tenant.id] = verdicts[index].row.line
            if let known = try await store.tenant(.id(tenant.id)) {
                verdicts[index] = verdicts[index].with(judge(verdicts[index].row, of: known, update: update))
            }
        }
    }
}
