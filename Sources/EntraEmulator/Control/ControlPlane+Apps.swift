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
        let (app, isNew) = service.directory.withLock { directory in
            let old = directory.apps[clientID]
            let app = patch.applied(to: old, clientID: clientID)
            directory.put(app)
            return (app, old == nil)
        }
        return .json(isNew ? 201 : 200, ControlViews.app(app))
    }
}
