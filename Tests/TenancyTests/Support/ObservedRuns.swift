import Foundation
import Tenancy

/// The real store, telling when a run is closed. When asked to, its first look for waiting items takes as long as it
/// takes to book a result.
struct ObservedRuns: RunStore {
    let real: any RunStore
    /// Told that the first look has been taken, to let the first result be booked.
    private let firstBooking: Gate?
    private let booked = Gate()
    /// Passed whenever a run is closed, or was found not to be over.
    let closing = Gate()

    init(real: any RunStore, firstBooking: Gate? = nil) {
        self.real = real
        self.firstBooking = firstBooking
    }

    func nextDue(in run: RunID) async throws(StoreError) -> Date? {
        let due = try await real.nextDue(in: run)
        if let firstBooking, booked.arrivals == 0 {
            firstBooking.count()
            await booked.arrival()
            for _ in 0..<1_000 { await Task.yield() }
        }
        return due
    }

    func finish(
        _ item: ClaimedItem, of run: RunID, state: ItemState, retryAt: Date?, fault: Fault?, rows: Int,
        at now: Date
    ) async throws(StoreError) -> Bool {
        defer { booked.count() }
        return try await real.finish(item, of: run, state: state, retryAt: retryAt, fault: fault, rows: rows, at: now)
    }

    func close(_ run: RunID, at now: Date) async throws(StoreError) {
        try await real.close(run, at: now)
        closing.count()
    }

    func create(_ run: Run, items: [RunItem], by actor: Actor) async throws(StoreError) {
        try await real.create(run, items: items, by: actor)
    }

    func run(_ id: RunID) async throws(StoreError) -> Run? { try await real.run(id) }

    func runs(limit: Int) async throws(StoreError) -> [Run] { try await real.runs(limit: limit) }

    func items(of run: RunID, after tenant: TenantID?, limit: Int) async throws(StoreError) -> [RunItem] {
        try await real.items(of: run, after: tenant, limit: limit)
    }

    func unfinishedRuns() async throws(StoreError) -> [Run] { try await real.unfinishedRuns() }

    func requeueInterrupted() async throws(StoreError) { try await real.requeueInterrupted() }

    func claim(from run: RunID, limit: Int, at now: Date) async throws(StoreError) -> [ClaimedItem] {
        try await real.claim(from: run, limit: limit, at: now)
    }
}
