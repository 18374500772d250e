import Synchronization

/// Registration of applications.
extension ControlPlane {
    /// Registers an application, or changes the one of that identifier: credentials are added, all else is replaced
    /// where given.
    func putApp(_ body: JSON) throws(ControlError) -> Answer {
        let patch: AppPatch
        do throws(ShapeError) {
            let directory = service.snapshot
            patch = try AppPatch(body, at: "") { directory.resource(named: $0) }
        } catch {
            throw ControlError(error)
        }
        let clientID = patch.clientID ?? service.randomness.guid()
        let now = service.clock.now
        let (app, isNew) = service.directory.withLock { $0.apply(patch, clientID: clientID, at: now) }
        return .json(isNew ? 201 : 200, ControlViews.app(app, directory: service.snapshot))
    }
}
