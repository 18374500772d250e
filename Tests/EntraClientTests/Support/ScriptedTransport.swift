import CurlHTTP
import EntraClient
import Foundation
import Synchronization

/// The network, answering as the test says, and remembering what was sent.
final class ScriptedTransport: HTTPTransport {
    enum Answer: Sendable {
        case reply(CurlResponse)
        case failure(CurlError)

        static func json(_ status: Int, _ body: String, headers: [(name: String, value: String)] = []) -> Answer {
            let headers = [("Content-Type", "application/json; charset=utf-8")] + headers
            return .reply(CurlResponse(status: status, headers: headers, body: Array(body.utf8)))
        }
    }

    private let sent = Mutex<[CurlRequest]>([])
    private let answer: @Sendable (CurlRequest, _ number: Int) -> Answer

    /// - Parameter answer: gets the request and its number, counted from 1.
    init(_ answer: @escaping @Sendable (CurlRequest, _ number: Int) -> Answer) {
        self.answer = answer
    }

    /// One answer after the other; the last is given again and again.
    convenience init(_ answers: Answer...) {
        self.init { _, number in answers[min(number, answers.count) - 1] }
    }

    var requests: [CurlRequest] { sent.withLock { $0 } }

    func send(_ request: CurlRequest) async throws(CurlError) -> CurlResponse {
        let number = sent.withLock { sent in
            sent.append(request)
            return sent.count
        }
        switch answer(request, number) {
        case .reply(let response): return response
        case .failure(let error): throw error
        }
    }
}

extension CurlRequest {
    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }

    var form: String { String(decoding: body ?? [], as: UTF8.self) }
}
