import Synchronization

/// How much fails.
extension ControlPlane {
    /// `{"trouble": 0.05, "consent_trouble": 0}`; what is not given stays.
    func changeTrouble(_ body: JSON) throws(ControlError) -> Answer {
        var trouble = service.chaos.trouble.withLock { $0 }
        do throws(ShapeError) {
            try trouble.read(JSONShape(body, at: "", known: Trouble.members))
        } catch {
            throw ControlError(error)
        }
        let changed = trouble
        service.chaos.trouble.withLock { $0 = changed }
        return .json(200, changed.json)
    }
}
