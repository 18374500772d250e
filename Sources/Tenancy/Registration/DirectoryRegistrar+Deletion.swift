/// What the end of an app brings to an end.
package struct AppDeletion: Sendable, Equatable {
    package let app: App
    /// Tenants in which the app works today, by id.
    package let tenants: [Tenant]
    /// The application's object id, when it is deleted in the directory too.
    package let objectID: GUID?
}

extension DirectoryRegistrar {
    /// Says what would stop working. Changes nothing.
    package func deletion(of app: App, inDirectory: Bool) async throws(RegistrationError) -> AppDeletion {
        let registration = try await registration(app.name)
        var tenants: [Tenant] = []
        var last: TenantID?
        repeat {
            let page: [ConsentStatus]
            do { page = try await stores.consent.statuses(of: app.name, after: last, limit: 1_000) } catch {
                throw .store(error)
            }
            tenants += page.filter(\.connection.isProven).map(\.tenant)
            last = page.count == 1_000 ? page.last?.tenant.id : nil
        } while last != nil
        return AppDeletion(app: app, tenants: tenants, objectID: inDirectory ? registration?.objectID : nil)
    }

    /// Deletes the application in the directory, where it can be restored for 30 days, and forgets the app here.
    ///
    /// - Parameter inDirectory: `false` leaves the directory alone.
    package func delete(
        _ app: App, inDirectory: Bool, as wanted: DirectoryAccess?, by actor: Actor
    ) async throws(RegistrationError) {
        try await turns.take(app.name) { () throws(RegistrationError) in
            let running: [Run]
            do throws(StoreError) { running = try await stores.runs.unfinishedRuns() } catch {
                throw RegistrationError.store(error)
            }
            if let run = running.first(where: { $0.app == app.name }) {
                throw RegistrationError.runUnfinished(app.name, run.id)
            }
            if inDirectory {
                guard let home = app.homeTenant else { throw .homeTenantUnknown(app.name) }
                let registration = try await registration(app.name)
                guard wanted != nil || registration?.registrar != nil else { throw .nobodyToDelete(app.name) }
                let session = try await access.session(
                    wanted, registrar: registration?.registrar, cloud: app.cloud, home: home)
                try await RegistrationError.translating { () throws(DirectoryError) in
                    let address = registration?.objectID.map(ApplicationAddress.objectID) ?? .clientID(app.clientID)
                    // Gone already: an earlier try got through.
                    guard let found = try await directory.application(address, session) else { return }
                    try await patience.perform(lag: false) { () throws(DirectoryError) in
                        try await directory.deleteApplication(found.objectID, session)
                    }
                }
            }
            // Also when the store fails, for then nobody knows whether the app is still there.
            defer { tokens.forget(app.clientID) }
            do throws(StoreError) { try await stores.apps.delete(app.name, by: actor, at: clock.now()) } catch {
                throw RegistrationError.store(error)
            }
        }
    }
}
