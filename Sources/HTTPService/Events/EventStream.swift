import FoundationEssentials
import Hummingbird
import NIOCore
import ServiceLifecycle
import Synchronization
import Tenancy

/// The events as Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html): those that there
/// are, then each one when it is on disk.
///
/// Every message carries the place as `id`, the heartbeats too: a browser and a script that come again name it, and
/// miss nothing even where a filter lets little through.
struct EventStream: Sendable {
    let events: any EventLog
    let filter: EventFilter
    let clock: WallClock
    /// Where it begins.
    let after: Int64
    /// Keeps proxies from closing a silent connection, and tells us that the other side has gone.
    var heartbeat: TimeInterval = 15
    /// A key that was revoked meanwhile must not follow for ever; whoever may, comes again at once.
    var life: TimeInterval = 3_600
    private static let portion = 200

    /// Writes until the client is gone, the service ends or the stream's life is over.
    func write(to writer: inout any ResponseBodyWriter) async throws {
        let wake = Wake()
        let isEnding = Atomic(false)
        let attachment = events.signal.attach(wake)
        defer { withExtendedLifetime(attachment) {} }
        try await withGracefulShutdownHandler {
            let end = clock.now() + life
            var place = after
            try await writer.write(ByteBuffer(string: "retry: 2000\nid: \(place)\n\n"))
            while !isEnding.load(ordering: .acquiring), !Task.isCancelled, clock.now() < end {
                let (text, next) = try await portion(after: place)
                try await writer.write(ByteBuffer(string: text.isEmpty ? ": still here\nid: \(next)\n\n" : text))
                place = next
                if events.signal.newest <= place {
                    let now = clock.now()
                    await wake.wait(until: now + heartbeat, now: now)
                }
            }
        } onGracefulShutdown: {
            isEnding.store(true, ordering: .releasing)
            wake.signal()
        }
    }

    /// The next messages, and the place behind them.
    private func portion(after place: Int64) async throws -> (String, Int64) {
        // Asked before the events are: what comes in between is told twice to nobody and missed by nobody.
        let newest = max(place, events.signal.newest)
        guard newest > place else { return ("", place) }
        let found = try await events.events(after: place, matching: filter, limit: Self.portion)
        let text = try found.map(message).joined()
        return (
            text, found.count < Self.portion ? max(newest, found.last?.sequence ?? 0) : found.last?.sequence ?? place
        )
    }

    private func message(_ event: Event) throws -> String {
        // One line: JSON escapes line ends within texts.
        "id: \(event.sequence)\nevent: \(event.type)\ndata: \(try JSONBody.text(EventBody(event)))\n\n"
    }
}
