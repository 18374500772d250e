package import CurlHTTP

/// How requests leave the process. Tests script the rare answers; everything else is ``CurlHTTP/CurlClient``.
package protocol HTTPTransport: Sendable {
    /// Sends it once, without redirects, within the request's own deadline.
    func send(_ request: CurlRequest) async throws(CurlError) -> CurlResponse
}

extension CurlClient: HTTPTransport {}

extension CurlError {
    /// The failure as the end of a sentence: without a capital and without a full stop.
    var clause: String {
        let text = description
        return text.prefix(1).lowercased() + (text.hasSuffix(".") ? text.dropLast() : text[...]).dropFirst()
    }
}
