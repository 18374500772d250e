import Foundation
import Tenancy

/// The real store, on a disk that takes no more events. Reading still works, as it does on a disk that is full.
struct FullDisk: ConsentStore {
    let real: any ConsentStore

    func apply(
        _ event: ConnectionEvent, to tenant: TenantID, _ app: AppName, grants: [Grant]?, evidence: [Evidence],
        at now: Date, by actor: Actor
    ) async throws(StoreError) -> Connection {
        throw .unavailable("the disk is full")
    }

    func judge(
        _ verdict: Verdict, seenIn epoch: Int, of tenant: TenantID, _ app: AppName, grants: [Grant]?,
        evidence: [Evidence], at now: Date, by actor: Actor
    ) async throws(StoreError) -> (connection: Connection, counts: Bool) {
        throw .unavailable("the disk is full")
    }

    func open(_ attempt: ConsentAttempt, by actor: Actor) async throws(StoreError) -> OneTimeState {
        try await real.open(attempt, by: actor)
    }

    func attempt(_ id: AttemptID) async throws(StoreError) -> (attempt: ConsentAttempt, state: OneTimeState)? {
        try await real.attempt(id)
    }

    func attempt(provenBy state: OneTimeState) async throws(StoreError) -> ConsentAttempt? {
        try await real.attempt(provenBy: state)
    }

    func settle(
        _ attempt: AttemptID, with answer: ConsentAnswer, evidence: [Evidence], at now: Date
    ) async throws(StoreError) -> Bool {
        try await real.settle(attempt, with: answer, evidence: evidence, at: now)
    }

    func connection(_ tenant: TenantID, _ app: AppName) async throws(StoreError) -> Connection {
        try await real.connection(tenant, app)
    }

    func dueChecks(at now: Date, limit: Int) async throws(StoreError) -> [(tenant: TenantID, app: AppName)] {
        try await real.dueChecks(at: now, limit: limit)
    }

    func attempts(of tenant: TenantID, _ app: AppName, limit: Int) async throws(StoreError) -> [ConsentAttempt] {
        try await real.attempts(of: tenant, app, limit: limit)
    }

    func cancel(_ attempt: AttemptID, by actor: Actor, at now: Date) async throws(StoreError) -> Bool {
        throw .unavailable("the disk is full")
    }

    func signIn(after attempt: ConsentAttempt) -> SignInBinding { real.signIn(after: attempt) }

    func attempt(signedInBy state: OneTimeState) async throws(StoreError) -> ConsentAttempt? {
        try await real.attempt(signedInBy: state)
    }

    func confirm(
        _ attempt: AttemptID, administrator: GUID, evidence: [Evidence], at now: Date
    ) async throws(StoreError) -> Bool {
        throw .unavailable("the disk is full")
    }

    func note(_ evidence: [Evidence], of tenant: TenantID, _ app: AppName) async throws(StoreError) {
        throw .unavailable("the disk is full")
    }

    func dueRechecks(at now: Date, limit: Int) async throws(StoreError) -> [(tenant: TenantID, app: AppName)] {
        try await real.dueRechecks(at: now, limit: limit)
    }

    func nextCheck() async throws(StoreError) -> Date? { try await real.nextCheck() }

    func statuses(of app: AppName, after tenant: TenantID?, limit: Int) async throws(StoreError) -> [ConsentStatus] {
        try await real.statuses(of: app, after: tenant, limit: limit)
    }

    func status(of tenant: TenantID, app: AppName) async throws(StoreError) -> ConsentStatus? {
        try await real.status(of: tenant, app: app)
    }

    func evidence(_ tenant: TenantID, _ app: AppName) async throws(StoreError) -> [Evidence] {
        try await real.evidence(tenant, app)
    }
}
