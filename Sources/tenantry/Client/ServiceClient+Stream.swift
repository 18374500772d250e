import CurlHTTP
import FoundationEssentials
import Synchronization
import Tenancy

extension ServiceClient {
    /// What became of a stream.
    struct Heard: Sendable {
        /// Whether whoever took the messages has enough.
        var isTaken = false
        /// The last id that came.
        var place: String?
        /// Why it broke off, as the middle of a sentence; `nil` when the service ended it.
        var reason: String?
    }

    /// Reads Server-Sent Events until the stream ends or `take` says that it is enough.
    ///
    /// - Parameter place: behind which id it begins; from now on when absent.
    /// - Throws: ``ServiceRefusal`` when there is no stream to be had, and what `take` throws.
    func stream(
        _ path: String, from place: String?, _ take: @escaping @Sendable (ServerSentEvents.Message) throws -> Bool
    ) async throws -> Heard {
        let (pieces, arrival) = AsyncStream.makeStream(of: [UInt8].self)
        var headers = [(name: "Accept", value: "text/event-stream")]
        if let place { headers.append((name: "Last-Event-ID", value: place)) }
        let request = self.request(.get, path, headers, timeout: .seconds(86_400))
        return try await withThrowingTaskGroup(of: Heard?.self) { group in
            group.addTask {
                defer { arrival.finish() }
                var request = request
                // Three heartbeats.
                request.quietLimit = .seconds(45)
                request.onBody = { arrival.yield($0) }
                return try await self.exchange(request)
            }
            group.addTask {
                var (reader, heard) = (ServerSentEvents(), Heard())
                for await piece in pieces {
                    for message in reader.take(piece) {
                        heard.place = message.id ?? heard.place
                        heard.isTaken = try take(message)
                        if heard.isTaken { return heard }
                    }
                }
                return heard
            }
            defer { group.cancelAll() }
            var (heard, reason): (Heard?, String?)
            while heard?.isTaken != true, let ended = try await group.next() {
                if let ended, let why = ended.reason { reason = why } else if let ended { heard = ended }
            }
            var whole = heard ?? Heard()
            whole.reason = reason
            return whole
        }
    }

    /// - Returns: why it broke off; `nil` when it was ended.
    private func exchange(_ request: CurlRequest) async throws -> Heard? {
        do {
            try refuse(try await send(request))
            return nil
        } catch let error as CurlError {
            if error == .cancelled { throw CancellationError() }
            return Heard(reason: "the service was lost (\(error))")
        }
    }
}
