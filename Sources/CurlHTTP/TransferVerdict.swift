import CCurl

/// Translates libcurl's result of a transfer. Only codes decide, never a message; libcurl's error buffer, which may
/// quote the URL, is not even read.
struct TransferVerdict {
    private let code: CURLcode
    private let host: String
    private let proxyHost: String
    private let limit: Int
    /// OpenSSL's X509_V_ERR_... number.
    private let verification: Int
    private let hasRefusedAddress: Bool
    private let hasBegunToAnswer: Bool

    init(_ code: CURLcode, _ transfer: ActiveTransfer, _ policy: ConnectionPolicy) {
        self.code = code
        host = transfer.ticket.request.target.host
        proxyHost = policy.proxy?.host ?? "of the proxy"
        limit = transfer.ticket.request.maxResponseBytes
        verification = transfer.number(CURLINFO_SSL_VERIFYRESULT)
        hasRefusedAddress = transfer.hasRefusedAddress
        hasBegunToAnswer = transfer.number(CURLINFO_RESPONSE_CODE) != 0
    }

    var error: CurlError {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: .cannotResolve(host: host)
        case CURLE_COULDNT_RESOLVE_PROXY: .cannotResolve(host: proxyHost)
        case CURLE_COULDNT_CONNECT: hasRefusedAddress ? .addressNotPublic(host: host) : .cannotConnect
        // The total deadline is not libcurl's; see ``TransferLoop``.
        case CURLE_OPERATION_TIMEDOUT: hasBegunToAnswer ? .timedOut : .connectTimedOut
        case CURLE_FILESIZE_EXCEEDED: .responseTooLarge(limit: limit)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR: .tlsFailed(reason: distrust)
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER:
            .tlsFailed(reason: "\(host) and this client agree on no TLS version and cipher (1.2 or later is needed).")
        case CURLE_SSL_CACERT_BADFILE:
            .tlsFailed(
                reason: "The trusted CA certificates cannot be loaded, so \(host) cannot be verified."
                    + " Is the package ca-certificates installed?")
        default: CurlError(code)
        }
    }

    /// The numbers are those of `openssl/x509_vfy.h`.
    private var distrust: String {
        switch verification {
        // 1 is what libcurl 7.88 presets and leaves in place when the name, which it checks by itself, does not match.
        case 0, 1, 62: "The certificate of \(host) was issued for another name."
        case 9: "The certificate of \(host) is not valid yet."
        case 10: "The certificate of \(host) has expired."
        case 18: "The certificate of \(host) is self-signed and not trusted."
        case 2, 19, 20, 21: "The certificate of \(host) was issued by an authority that is not trusted."
        default: "The certificate of \(host) is not trusted (OpenSSL verification error \(verification))."
        }
    }
}

extension CurlError {
    /// For codes that need no further look.
    init(_ code: CURLcode) {
        self = .transferFailed(code: Int(code.rawValue), reason: String(cString: curl_easy_strerror(code)))
    }
}
