package import FoundationEssentials

/// One change to an app's credentials.
package enum CredentialChange: Sendable {
    case add(NewCredential)
    /// Entra has told its id of it.
    case identified(CredentialID, GUID)
    /// A pending one was seen to work.
    case activate(CredentialID)
    /// It is used first from now on. The one that was becomes active; with an instant, retiring until then.
    case prefer(CredentialID, retiringOther: Date?)
    /// It is removed at that instant.
    case retire(CredentialID, at: Date)
    /// Forgotten, its secret part with it.
    case remove(CredentialID)
    case reject(CredentialID, Credential.Rejection)
    /// It works again.
    case accept(CredentialID)
}

/// Remembers credentials, their secret parts sealed at rest, and the rotations that bring new ones in.
package protocol CredentialStore: Sendable {
    /// The credentials of that app, or of all, in the order they were added.
    func credentials(of app: AppName?) async throws(StoreError) -> [Credential]

    /// The credential with its secret part.
    ///
    /// - Throws: ``StoreError/notFound(_:)``; ``StoreError/sealBroken(_:)`` when it does not open.
    func open(_ id: CredentialID) async throws(StoreError) -> ClientCredential

    /// Carries the changes out in their order, and remembers the rotation in the place of the app's earlier one: one
    /// transaction, durable when it returns.
    ///
    /// - Throws: ``StoreError/notFound(_:)`` when a credential is not there.
    func change(
        _ changes: [CredentialChange], of app: AppName, saving rotation: Rotation?, by actor: Actor, at now: Date
    ) async throws(StoreError)

    /// The app's latest rotation.
    func rotation(of app: AppName) async throws(StoreError) -> Rotation?

    /// Rotations that are neither done nor failed.
    func unfinishedRotations() async throws(StoreError) -> [Rotation]
}
