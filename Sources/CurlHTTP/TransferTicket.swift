import Synchronization

/// One call of ``CurlClient/send(_:)``, as both sides of the bridge see it.
final class TransferTicket: Sendable {
    let request: AdmittedRequest
    /// Counted from the call, so that time spent in a queue counts too.
    let deadline: ContinuousClock.Instant
    /// Set before the thread is told, and read when the thread takes the request up: whichever of the two comes first,
    /// a cancellation is not lost.
    let isCancelled = Atomic<Bool>(false)

    init(_ request: AdmittedRequest) {
        self.request = request
        deadline = .now + request.timeout
    }
}
