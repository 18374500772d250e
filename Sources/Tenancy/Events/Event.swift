package import FoundationEssentials

/// One change, as programs follow it. Written in the same transaction as the change, so neither is without the other.
package struct Event: Sendable, Equatable {
    /// Rises by one or more with each event; the cursor of those who follow.
    package let sequence: Int64
    package let at: Date
    /// `noun.verb`, such as `consent.granted`; never renamed.
    package let type: String
    package let tenant: TenantID?
    package let app: AppName?
    /// Who did it, as in the audit record.
    package let actor: String
    /// An object; never holds a secret.
    package let data: JSONValue

    package init(
        sequence: Int64, at: Date, type: String, tenant: TenantID?, app: AppName?, actor: String, data: JSONValue
    ) {
        self.sequence = sequence
        self.at = at
        self.type = type
        self.tenant = tenant
        self.app = app
        self.actor = actor
        self.data = data
    }
}

/// The events in their order. What changes something writes its event itself.
package protocol EventLog: Sendable {
    /// Up to `limit` events after the given sequence number that the filter lets through, oldest first.
    func events(after sequence: Int64, matching filter: EventFilter, limit: Int) async throws(StoreError) -> [Event]

    /// The sequence number of the newest event; 0 when there is none.
    func newestEvent() async throws(StoreError) -> Int64

    /// Told of events once they are durable, never before.
    var signal: EventSignal { get }
}

extension EventLog {
    /// Up to `limit` events after the given sequence number, oldest first, of one tenant or of all.
    package func events(
        after sequence: Int64, tenant: TenantID?, limit: Int
    ) async throws(StoreError) -> [Event] {
        try await events(after: sequence, matching: EventFilter(tenant: tenant), limit: limit)
    }
}
