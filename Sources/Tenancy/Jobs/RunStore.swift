package import FoundationEssentials

/// An item taken for work.
package struct ClaimedItem: Sendable, Equatable {
    package let tenant: TenantID
    /// Counted from 1. Also the fence: a result of an earlier attempt is not accepted.
    package let attempt: Int

    package init(tenant: TenantID, attempt: Int) {
        self.tenant = tenant
        self.attempt = attempt
    }
}

/// Remembers runs. Every method is one transaction and durable when it returns.
package protocol RunStore: Sendable {
    /// Stores the run with its frozen items.
    func create(_ run: Run, items: [RunItem], by actor: Actor) async throws(StoreError)

    func run(_ id: RunID) async throws(StoreError) -> Run?

    /// The newest runs, newest first.
    func runs(limit: Int) async throws(StoreError) -> [Run]

    /// Items by tenant id, after the given one.
    func items(of run: RunID, after tenant: TenantID?, limit: Int) async throws(StoreError) -> [RunItem]

    /// Runs that have not ended, oldest first.
    func unfinishedRuns() async throws(StoreError) -> [Run]

    /// Makes items that an earlier process left running waiting again. Called before the first claim.
    func requeueInterrupted() async throws(StoreError)

    /// Takes up to `limit` waiting items whose time has come, and counts their attempt.
    func claim(from run: RunID, limit: Int, at now: Date) async throws(StoreError) -> [ClaimedItem]

    /// Books the end of an attempt: final, or waiting again until `retryAt`.
    ///
    /// - Returns: `false`, with nothing changed, when the item is no longer in that attempt.
    func finish(
        _ item: ClaimedItem, of run: RunID, state: ItemState, retryAt: Date?, fault: Fault?, rows: Int,
        at now: Date
    ) async throws(StoreError) -> Bool

    /// When the next waiting item's time comes; `nil` when none waits.
    func nextDue(in run: RunID) async throws(StoreError) -> Date?

    /// Ends the run if every item has ended: `succeeded` only when every item succeeded, else `partial`.
    func close(_ run: RunID, at now: Date) async throws(StoreError)
}
