import COpenSSL

/// OpenSSL's queue of errors, which belongs to the calling thread.
///
/// Every function here runs from start to end on one thread (nothing awaits), so the queue read after a call holds what
/// that call put there, provided it was empty before.
struct ErrorQueue {
    private let codes: [UInt]

    /// Takes everything out of the queue, oldest first; the queue is empty afterwards.
    static func take() -> ErrorQueue {
        var codes: [UInt] = []
        while case let code = ERR_get_error(), code != 0 { codes.append(code) }
        return ErrorQueue(codes: codes)
    }

    /// Runs `body` with an empty queue and leaves it empty, so that no call is judged by the errors of another.
    static func isolated<Result>(_ body: () throws(CryptoError) -> Result) throws(CryptoError) -> Result {
        ERR_clear_error()
        defer { ERR_clear_error() }
        return try body()
    }

    /// Whether an error of this library with this reason is among them.
    func contains(library: Int32, reason: Int32) -> Bool {
        codes.contains { ERR_GET_LIB($0) == library && ERR_GET_REASON($0) == reason }
    }

    /// Whether an algorithm was asked for that no loaded provider has.
    var saysUnsupportedAlgorithm: Bool {
        contains(library: ERR_LIB_EVP, reason: copenssl_reason_unsupported())
            || contains(library: ERR_LIB_EVP, reason: EVP_R_UNSUPPORTED_ALGORITHM)
    }

    /// The error for a call that has no business failing, taken from the queue.
    static func failure(in function: String) -> CryptoError {
        guard let code = take().codes.first else { return .internalFailure(function) }
        return .internalFailure("\(function) (OpenSSL error 0x\(String(code, radix: 16, uppercase: true)))")
    }
}
