import CurlHTTP
import Synchronization

/// Request heads that a server has seen.
final class Heads: Sendable {
    private let heads = Mutex<[String]>([])

    var all: [String] { heads.withLock { $0 } }

    func add(_ head: String) {
        heads.withLock { $0.append(head) }
    }
}

extension CurlResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}
