import Hummingbird
import Logging
import NIOCore

/// What Hummingbird hands a responder: here, the connection itself, since faults end it or wait for its end.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
