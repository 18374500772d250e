import ServiceLifecycle

/// A loop that runs beside the doors and ends when the service does.
struct LoopService: Service {
    let loop: @Sendable () async -> Void

    func run() async {
        await cancelWhenGracefulShutdown { await loop() }
    }
}
