import CCurl

/// Sets options on one easy handle and keeps the first failure.
struct EasyOptions {
    private let easy: UnsafeMutableRawPointer
    private(set) var failure: CURLcode?

    init(_ easy: UnsafeMutableRawPointer) {
        self.easy = easy
    }

    mutating func set(_ option: CURLoption, _ value: Int) { note(ccurl_set_long(easy, option, value)) }

    mutating func set(_ option: CURLoption, _ value: String?) { note(ccurl_set_string(easy, option, value)) }

    mutating func set(_ option: CURLoption, offset: Int) { note(ccurl_set_offset(easy, option, curl_off_t(offset))) }

    mutating func set(_ option: CURLoption, pointer: UnsafeRawPointer?) {
        note(ccurl_set_pointer(easy, option, pointer))
    }

    mutating func set(_ option: CURLoption, _ callback: @escaping ccurl_io_callback) {
        note(ccurl_set_callback(easy, option, callback))
    }

    private mutating func note(_ code: CURLcode) {
        if code != CURLE_OK, failure == nil { failure = code }
    }
}

extension EasyOptions {
    mutating func setTarget(_ request: AdmittedRequest, _ policy: ConnectionPolicy) {
        set(CURLOPT_URL, request.target.url)
        set(CURLOPT_PROTOCOLS_STR, request.target.isEncrypted ? "https" : "http")
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_USERAGENT, policy.userAgent)
        switch request.httpVersion {
        case .http1_1:
            set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        case .http2:
            set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
            // A burst of first requests shares one connection in place of opening one each.
            set(CURLOPT_PIPEWAIT, 1)
        }
    }

    mutating func setSecurity(_ policy: ConnectionPolicy) {
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_PROXY_SSL_VERIFYPEER, 1)
        set(CURLOPT_PROXY_SSL_VERIFYHOST, 2)
        set(CURLOPT_PROXY_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        guard let path = policy.trust.path else { return }
        for (file, directory) in [
            (CURLOPT_CAINFO, CURLOPT_CAPATH), (CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH),
        ] {
            set(file, path)
            // With a directory set, libcurl would not share the parsed bundle between connections.
            set(directory, nil)
        }
        // An hour, and not libcurl's day, until an update of the system's bundle is seen.
        set(CURLOPT_CA_CACHE_TIMEOUT, 3600)
    }

    /// An empty proxy and `*` keep libcurl from asking the environment (`https_proxy`, `all_proxy`, `no_proxy`).
    mutating func setRoute(_ request: AdmittedRequest, _ policy: ConnectionPolicy) {
        if let path = request.unixSocket { set(CURLOPT_UNIX_SOCKET_PATH, path) }
        let proxy = policy.proxy(for: request)
        set(CURLOPT_PROXY, proxy?.url ?? "")
        set(CURLOPT_NOPROXY, proxy == nil ? "*" : "")
        // Else the headers of the proxy's answer to CONNECT would count as the server's.
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    }

    /// Asks `open` for every socket.
    mutating func setSockets(_ open: @escaping curl_opensocket_callback, _ context: UnsafeMutableRawPointer) {
        note(ccurl_open_sockets_by(easy, open, context))
    }

    mutating func setMethod(_ request: AdmittedRequest) {
        switch (request.method, request.body) {
        case (.get, _): set(CURLOPT_HTTPGET, 1)
        case (.head, _): set(CURLOPT_NOBODY, 1)
        case (.delete, nil): set(CURLOPT_HTTPGET, 1)
        case (_, let body): setBody(body ?? [])
        }
        if ![.get, .head, .post].contains(request.method) { set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
    }

    private mutating func setBody(_ body: [UInt8]) {
        set(CURLOPT_POST, 1)
        // The size first: it tells libcurl how much to copy.
        set(CURLOPT_POSTFIELDSIZE_LARGE, offset: body.count)
        // One byte more than it needs, because the copy of an empty array has no address, which means "no body".
        (body + [0]).withUnsafeBytes { set(CURLOPT_COPYPOSTFIELDS, pointer: $0.baseAddress) }
    }

    mutating func setLimits(_ request: AdmittedRequest, _ policy: ConnectionPolicy) {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, policy.connectTimeoutMilliseconds)
        // Else ending a transfer whose name is still being looked up would block the thread until the lookup is over.
        set(CURLOPT_QUICK_EXIT, 1)
        // Compared with Content-Length. 0 would mean "no limit"; the reader counts what really comes in any case. The
        // length that an answer to HEAD announces is not the length of its body.
        if request.method != .head, request.maxResponseBytes > 0, request.onBody == nil {
            set(CURLOPT_MAXFILESIZE_LARGE, offset: request.maxResponseBytes)
        }
        set(CURLOPT_HTTP_CONTENT_DECODING, 0)
        set(CURLOPT_HTTP09_ALLOWED, 0)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        if let seconds = request.quietSeconds {
            set(CURLOPT_LOW_SPEED_LIMIT, 1)
            set(CURLOPT_LOW_SPEED_TIME, seconds)
        }
        note(ccurl_close_sockets_on_exec(easy))
    }
}
