package import FoundationEssentials

/// What is remembered of a registration that is kept by a spec.
package struct Registration: Sendable, Equatable {
    package let name: AppName
    package let cloud: Cloud
    package let home: TenantID
    /// The alternate key in the directory, chosen before the first request, so that no repetition makes a second
    /// application. Empty for an application that was there before.
    package let uniqueName: String
    /// Object id of who began it, who is to own it.
    package var creator: GUID?
    package let begunAt: Date
    /// Object id of the application, once it is known.
    package var objectID: GUID?
    /// The app as which the directory was changed last; commands without a person use it again.
    package var registrar: AppName?
    package var applied: Applied?

    /// What the directory was last made to hold.
    package struct Applied: Sendable, Equatable {
        package let spec: RegistrationSpec
        /// As the directory resolved them.
        package let permissions: [Permission]
        package let at: Date

        package init(spec: RegistrationSpec, permissions: [Permission], at: Date) {
            self.spec = spec
            self.permissions = permissions
            self.at = at
        }
    }

    package init(
        name: AppName, cloud: Cloud, home: TenantID, uniqueName: String, creator: GUID?, begunAt: Date,
        objectID: GUID? = nil, registrar: AppName? = nil, applied: Applied? = nil
    ) {
        self.name = name
        self.cloud = cloud
        self.home = home
        self.uniqueName = uniqueName
        self.creator = creator
        self.begunAt = begunAt
        self.objectID = objectID
        self.registrar = registrar
        self.applied = applied
    }
}

/// Remembers registrations. Every method is one transaction and durable when it returns.
package protocol RegistrationStore: Sendable {
    func registration(_ name: AppName) async throws(StoreError) -> Registration?

    /// Remembers it, replacing what was known under its name.
    func save(_ registration: Registration, by actor: Actor, at now: Date) async throws(StoreError)

    /// Remembers the registration, and the app as the directory has it now. A new app gets the permissions as
    /// release 1, published; of an app that was known, they become the draft unless a release says the same already.
    ///
    /// - Throws: ``StoreError/alreadyExists(_:)`` when another app has that client id in the cloud.
    func save(
        _ registration: Registration, app: App, permissions: [Permission], by actor: Actor, at now: Date
    ) async throws(StoreError)
}
