import FoundationEssentials
import Tenancy
import UnixSignals

/// Follows the events of a service across its restarts and lost connections, and misses none.
struct EventFollower: Sendable {
    let service: ServiceClient
    /// `type=…&tenant=…`, or nothing.
    let query: String
    /// Where to begin; from now on when absent.
    let after: Int?
    let timeout: Duration?

    /// How it came to an end.
    enum End: Sendable { case taken, timedOut, interrupted }

    /// Hands every event to `take` until that says `true`, the time is over or the user presses Ctrl-C.
    func run(_ take: @escaping @Sendable (JSONValue) throws -> Bool) async throws -> End {
        let signals = await UnixSignalsSequence(trapping: .sigint)
        return try await withThrowingTaskGroup(of: End.self) { group in
            group.addTask {
                try await follow(take)
                return .taken
            }
            group.addTask {
                for await _ in signals { return .interrupted }
                try await Task.sleep(for: .seconds(86_400 * 365))
                return .interrupted
            }
            if let timeout {
                group.addTask {
                    try await Task.sleep(for: timeout)
                    return .timedOut
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .interrupted
        }
    }

    private func follow(_ take: @escaping @Sendable (JSONValue) throws -> Bool) async throws {
        var place = after.map(String.init)
        var (pause, isLost) = (1, false)
        while true {
            do {
                let heard = try await service.stream("/v1/events/stream" + query, from: place) { message in
                    guard let data = message.data else { return false }
                    return try take(try JSONDecoder().decode(JSONValue.self, from: Data(data.utf8)))
                }
                if heard.isTaken { return }
                place = heard.place ?? place
                if heard.place != nil { (pause, isLost) = (1, false) }
                if !isLost, let reason = heard.reason { Terminal.say("tenantry: \(reason); following again") }
                isLost = heard.reason != nil
            } catch let refusal as ServiceRefusal where [429, 503].contains(refusal.status) {
                if !isLost { Terminal.say("tenantry: \(refusal.sentence)") }
                isLost = true
            }
            try await Task.sleep(for: .seconds(pause))
            pause = min(pause * 2, 30)
        }
    }
}
