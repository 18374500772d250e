import CCurl

/// A transfer that libcurl is working on. Lives on the transfer thread only.
final class ActiveTransfer {
    let easy: UnsafeMutableRawPointer
    let ticket: TransferTicket
    let reply: TransferMailbox.Reply
    private var reader: ResponseReader
    private var headers: UnsafeMutablePointer<curl_slist>?
    /// Whether a socket was refused because its address is not public.
    private(set) var hasRefusedAddress = false

    init(_ arrival: TransferMailbox.Arrival, easy: UnsafeMutableRawPointer) {
        self.easy = easy
        ticket = arrival.ticket
        reply = arrival.reply
        reader = ResponseReader(
            maxBodyBytes: arrival.ticket.request.maxResponseBytes, onBody: arrival.ticket.request.onBody)
    }

    /// Sets every option. Gives the first failure: a transfer never runs with an option missing.
    func configure(_ policy: ConnectionPolicy) -> CURLcode {
        let request = ticket.request
        var options = EasyOptions(easy)
        options.setTarget(request, policy)
        options.setSecurity(policy)
        options.setRoute(request, policy)
        options.setMethod(request)
        options.setLimits(request, policy)
        for line in request.headerLines {
            guard let longer = curl_slist_append(headers, line) else { return CURLE_OUT_OF_MEMORY }
            headers = longer
        }
        options.set(CURLOPT_HTTPHEADER, pointer: headers)
        setCallbacks(&options)
        if policy.reachesPublicAddressesOnly, policy.proxy(for: request) == nil { guardSockets(&options) }
        return options.failure ?? CURLE_OK
    }

    private func setCallbacks(_ options: inout EasyOptions) {
        // Unretained: the loop's table keeps the transfer alive until its handle has been reset.
        let context = Unmanaged.passUnretained(self).toOpaque()
        options.set(CURLOPT_HEADERDATA, pointer: context)
        options.set(CURLOPT_WRITEDATA, pointer: context)
        options.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            ActiveTransfer.receive(bytes, size * count, context) { $0.reader.takeHeaderLine($1) }
        }
        options.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            ActiveTransfer.receive(bytes, size * count, context) { $0.reader.takeBody($1) }
        }
    }

    /// The decision falls on the address that is connected to, after the last name server was asked: between the check
    /// and the connection there is nothing that could change.
    private func guardSockets(_ options: inout EasyOptions) {
        options.setSockets(
            { context, purpose, address in
                guard let context, let address else { return CURL_SOCKET_BAD }
                let transfer = Unmanaged<ActiveTransfer>.fromOpaque(context).takeUnretainedValue()
                guard let target = ccurl_address(address), PublicAddress.isPublic(target) else {
                    transfer.hasRefusedAddress = true
                    return CURL_SOCKET_BAD
                }
                return ccurl_open_socket(nil, purpose, address)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Any count but the one given makes libcurl end the transfer with CURLE_WRITE_ERROR.
    private static func receive(
        _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
        _ take: (ActiveTransfer, UnsafeRawBufferPointer) -> Bool
    ) -> Int {
        guard let context else { return 0 }
        let transfer = Unmanaged<ActiveTransfer>.fromOpaque(context).takeUnretainedValue()
        return take(transfer, UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
    }

    /// Only after the handle has been reset or before it was ever used.
    func freeHeaders() {
        curl_slist_free_all(headers)
        headers = nil
    }

    /// What the caller gets for libcurl's verdict. Must be asked before the handle is reset.
    func outcome(_ code: CURLcode, _ policy: ConnectionPolicy) -> Result<CurlResponse, CurlError> {
        if let limit = reader.passedLimit { return .failure(.responseTooLarge(limit: limit)) }
        guard code == CURLE_OK else { return .failure(TransferVerdict(code, self, policy).error) }
        return .success(
            CurlResponse(status: number(CURLINFO_RESPONSE_CODE), headers: reader.headers, body: reader.body))
    }

    func number(_ key: CURLINFO) -> Int {
        var value = 0
        ccurl_get_long(easy, key, &value)
        return value
    }
}
