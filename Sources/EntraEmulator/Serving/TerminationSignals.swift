import Dispatch
import Glibc

/// SIGTERM and SIGINT as something to await, instead of the end of the process.
///
/// Whoever makes one keeps it: the signals are heard as long as it lives.
struct TerminationSignals {
    /// One element per signal.
    let stream: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    /// From here on the two signals no longer end the process by themselves.
    init() {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        self.stream = stream
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
    }
}
