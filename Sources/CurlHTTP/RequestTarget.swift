import CCurl
import Glibc

/// A URL that has been understood, by the same parser that will use it: what is checked is what is contacted.
struct RequestTarget: Sendable {
    /// Normalised: dot segments resolved, numeric IPv4 spellings such as `127.1` written out.
    let url: String
    /// Without the brackets of an IPv6 address.
    let host: String
    let isEncrypted: Bool

    /// - Parameter mayHoldCredentials: only for a proxy's URL, which libcurl takes its user name and password from.
    init(_ text: String, mayHoldCredentials: Bool = false) throws(CurlError) {
        // libcurl passes bytes above ASCII on as they are; two readers of such a URL may disagree about it.
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .refused(reason: "The URL holds white space, control characters or characters outside ASCII.")
        }
        guard let parts = curl_url() else { throw .refused(reason: "There is no memory left to read the URL.") }
        defer { curl_url_cleanup(parts) }
        guard curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK,
            let url = Self.part(CURLUPART_URL, of: parts),
            let scheme = Self.part(CURLUPART_SCHEME, of: parts),
            let host = Self.part(CURLUPART_HOST, of: parts)
        else { throw .refused(reason: "The URL is not a valid absolute URL.") }
        guard scheme == "https" || scheme == "http" else {
            throw .refused(reason: "Only https and http URLs can be requested.")
        }
        let hasCredentials = [CURLUPART_USER, CURLUPART_PASSWORD].contains { Self.part($0, of: parts) != nil }
        guard mayHoldCredentials || !hasCredentials else {
            throw .refused(reason: "The URL holds a user name or password.")
        }
        self.url = url
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        isEncrypted = scheme == "https"
    }

    /// Whether the host is this very machine, decided by its address and not by how its name begins: `127.example.com`
    /// is someone else. libcurl resolves `localhost` by itself, without asking a name server.
    var isLoopback: Bool {
        if host.lowercased() == "localhost" { return true }
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        var six = in6_addr()
        guard inet_pton(AF_INET6, host, &six) == 1 else { return false }
        return withUnsafeBytes(of: &six) { bytes in bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1 }
    }

    private static func part(_ part: CURLUPart, of parts: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parts, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
