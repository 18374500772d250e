import CCurl
import Glibc
import Synchronization

/// The transfer thread. Owns the multi handle and every easy handle; nothing here is touched by another thread.
final class TransferLoop {
    private let mailbox: TransferMailbox
    private let policy: ConnectionPolicy
    private let multi: MultiHandle
    private var active: [UnsafeMutableRawPointer: ActiveTransfer] = [:]
    /// Easy handles that wait for their next use; making one costs more than resetting one.
    private var spare: [UnsafeMutableRawPointer] = []
    /// No transfer's deadline is earlier.
    private var earliestDeadline: ContinuousClock.Instant?

    /// The libcurl of Debian 12 can miss HTTP/2 frames that it has already read when a handle is removed: nothing on
    /// the socket announces them any more. See `drive`; this is the second cure, a bound on the sleep.
    private static let pollWhileActiveMilliseconds: CInt = 25
    private static let pollWhileIdleMilliseconds: CInt = 60_000
    private static let maxSpareHandles = 64

    private init(mailbox: TransferMailbox, policy: ConnectionPolicy, multi: MultiHandle) {
        self.mailbox = mailbox
        self.policy = policy
        self.multi = multi
    }

    /// Starts a thread that runs until its mailbox is stopped.
    static func start(_ policy: ConnectionPolicy) throws(CurlError) -> TransferMailbox {
        guard let pointer = curl_multi_init() else { throw CurlError(CURLE_OUT_OF_MEMORY) }
        ccurl_multi_set_long(pointer, CURLMOPT_MAX_HOST_CONNECTIONS, policy.maxConnectionsPerHost)
        ccurl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, policy.maxIdleConnections)
        let multi = MultiHandle(pointer: pointer)
        let mailbox = TransferMailbox(multi)
        let loop = Unmanaged.passRetained(TransferLoop(mailbox: mailbox, policy: policy, multi: multi))
        guard startThread(with: loop.toOpaque()) else {
            loop.release()
            curl_multi_cleanup(pointer)
            throw .transferFailed(code: Int(CURLE_OUT_OF_MEMORY.rawValue), reason: "no thread could be started")
        }
        return mailbox
    }

    private static func startThread(with context: UnsafeMutableRawPointer) -> Bool {
        // The process's signals are for its other threads; the new thread and libcurl's resolvers inherit the mask.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, { runTransferLoop($0) }, context)
        guard code == 0 else { return false }
        ccurl_name_thread(thread, "curl-http")
        // Whoever wants to know of its end asks the mailbox.
        pthread_detach(thread)
        return true
    }

    fileprivate func run() {
        while let work = mailbox.take() {
            for arrival in work.arrivals { begin(arrival) }
            if work.hasCancellations || isADeadlineDue { sweep() }
            drive()
            wait()
        }
        end()
    }

    private func begin(_ arrival: TransferMailbox.Arrival) {
        guard !arrival.ticket.isCancelled.load(ordering: .sequentiallyConsistent) else {
            arrival.reply.resume(returning: .failure(.cancelled))
            return
        }
        guard let easy = spare.popLast() ?? curl_easy_init() else {
            arrival.reply.resume(returning: .failure(CurlError(CURLE_OUT_OF_MEMORY)))
            return
        }
        let transfer = ActiveTransfer(arrival, easy: easy)
        active[easy] = transfer
        let code = transfer.configure(policy)
        guard code == CURLE_OK else { return finish(transfer, .failure(CurlError(code))) }
        guard curl_multi_add_handle(multi.pointer, easy) == CURLM_OK else {
            return finish(transfer, .failure(CurlError(CURLE_FAILED_INIT)))
        }
        earliestDeadline = min(earliestDeadline ?? arrival.ticket.deadline, arrival.ticket.deadline)
    }

    private var isADeadlineDue: Bool {
        guard let earliestDeadline else { return false }
        return earliestDeadline <= .now
    }

    /// Ends what is cancelled or late. The total deadline is kept here and not by `CURLOPT_TIMEOUT_MS`, which does not
    /// run while a transfer waits for a free connection.
    private func sweep() {
        let now = ContinuousClock.now
        for transfer in active.values {
            if transfer.ticket.isCancelled.load(ordering: .sequentiallyConsistent) {
                finish(transfer, .failure(.cancelled))
            } else if transfer.ticket.deadline <= now {
                finish(transfer, .failure(.timedOut))
            }
        }
        earliestDeadline = active.values.map(\.ticket.deadline).min()
    }

    /// Moves all transfers on, and again as long as handles were removed: their removal can leave another stream's
    /// frames in the connection's buffer, for which no socket event will ever come.
    private func drive() {
        var running: CInt = 0
        repeat {
            guard curl_multi_perform(multi.pointer, &running) == CURLM_OK else { return failAll() }
        } while reap() > 0
    }

    private func reap() -> Int {
        var count = 0
        var left: CInt = 0
        while let message = curl_multi_info_read(multi.pointer, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            // Read before the handle is removed, which frees the message.
            let code = ccurl_message_result(message)
            guard let transfer = active[easy] else { continue }
            finish(transfer, transfer.outcome(code, policy))
            count += 1
        }
        return count
    }

    private func wait() {
        guard mailbox.mayTheThreadSleep() else { return }
        let limit = active.isEmpty ? Self.pollWhileIdleMilliseconds : Self.pollWhileActiveMilliseconds
        var events: CInt = 0
        guard curl_multi_poll(multi.pointer, nil, 0, limit, &events) == CURLM_OK else {
            failAll()
            // Only a lack of memory brings us here; do not burn the processor meanwhile.
            usleep(UInt32(Self.pollWhileActiveMilliseconds) * 1000)
            return
        }
    }

    private func failAll() {
        for transfer in active.values { finish(transfer, .failure(CurlError(CURLE_OUT_OF_MEMORY))) }
    }

    private func finish(_ transfer: ActiveTransfer, _ outcome: Result<CurlResponse, CurlError>) {
        active[transfer.easy] = nil
        curl_multi_remove_handle(multi.pointer, transfer.easy)
        // Also drops the copies of body and headers that libcurl holds.
        curl_easy_reset(transfer.easy)
        transfer.freeHeaders()
        if spare.count < Self.maxSpareHandles {
            spare.append(transfer.easy)
        } else {
            curl_easy_cleanup(transfer.easy)
        }
        transfer.reply.resume(returning: outcome)
    }

    private func end() {
        for transfer in active.values { finish(transfer, .failure(.shutDown)) }
        let leftOver = mailbox.close()
        for easy in spare { curl_easy_cleanup(easy) }
        curl_multi_cleanup(multi.pointer)
        for arrival in leftOver { arrival.reply.resume(returning: .failure(.shutDown)) }
        mailbox.reportEnd()
    }
}

private func runTransferLoop(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
