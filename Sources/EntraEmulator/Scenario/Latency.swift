/// How long the service takes to tell all of itself of a change.
struct Latency: Sendable {
    static let members: Set<String> = [
        "replication_delay_seconds", "secret_propagation_scale", "device_code_interval_seconds",
    ]

    /// How long some of Graph does not know a new application or service principal.
    var replicationDelaySeconds: Double = 1
    /// 1 as slow as the original, which takes 4 to 18 seconds to tell the token endpoint of a credential; 0 at once.
    var secretPropagationScale = 0.1
    /// How often a device may ask (RFC 8628, 3.2).
    var deviceCodeIntervalSeconds = 5

    /// Takes what a scenario says.
    mutating func read(_ shape: JSONShape) throws(ShapeError) {
        if let delay = try shape.seconds("replication_delay_seconds", in: 0...86_400) {
            replicationDelaySeconds = delay
        }
        if let scale = try shape.seconds("secret_propagation_scale", in: 0...1000) { secretPropagationScale = scale }
        if let interval = try shape.integer("device_code_interval_seconds", in: 1...600) {
            deviceCodeIntervalSeconds = interval
        }
    }
}
