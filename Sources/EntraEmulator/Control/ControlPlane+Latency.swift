import Synchronization

/// How slow the service is to tell all of itself of a change.
extension ControlPlane {
    /// `{"delay_seconds": 0, "secret_scale": 0}`; what is not given stays. Changes that are on their way are not touched.
    func changeReplication(_ body: JSON) throws(ControlError) -> Answer {
        do throws(ShapeError) {
            let shape = try JSONShape(body, at: "", known: ["delay_seconds", "secret_scale"])
            let delay = try shape.seconds("delay_seconds", in: 0...86_400)
            let scale = try shape.seconds("secret_scale", in: 0...1000)
            service.latency.withLock { latency in
                if let delay { latency.replicationDelaySeconds = delay }
                if let scale { latency.secretPropagationScale = scale }
            }
        } catch {
            throw ControlError(error)
        }
        let latency = service.latency.withLock { $0 }
        return .json(
            200,
            [
                "delay_seconds": .number(latency.replicationDelaySeconds),
                "secret_scale": .number(latency.secretPropagationScale),
            ])
    }
}
