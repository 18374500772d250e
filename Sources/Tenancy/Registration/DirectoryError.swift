package import FoundationEssentials

/// Why the directory did not do what was asked.
package struct DirectoryError: ExplainedError, Equatable {
    package enum Reason: Sendable, Equatable {
        /// 404, or that the backing application is not there (yet).
        case missing
        case forbidden
        /// The token was not accepted.
        case unauthorized
        /// It exists already.
        case exists
        case throttled(TimeInterval?)
        /// Could not be reached, or failed; what happened.
        case unavailable(String)
        /// Status and code.
        case refused(Int, String)
        /// The reply is not what Graph sends.
        case unreadable
        case cloudNotConfigured
    }

    /// What was asked: the rest of a sentence that begins with "The directory would not".
    package let operation: String
    package let reason: Reason
    /// Graph's own sentence, cleaned of what could steer a terminal.
    package let message: String
    package let requestID: String?

    package init(_ operation: String, _ reason: Reason, message: String = "", requestID: String? = nil) {
        self.operation = operation
        self.reason = reason
        self.message = message
        self.requestID = requestID
    }

    /// Whether a directory that has not yet told all its replicas answers like this just after a creation.
    ///
    /// Source: observed 404 `Request_ResourceNotFound`, 400 with `NoBackingApplicationObject`, and 403 "must be in the
    /// local tenant", for half a minute and longer.
    package var isLag: Bool { reason == .missing || reason == .forbidden }

    /// Whether the key or secret that was to be removed is not there. Source: Graph says so with a 400.
    var isMissingKey: Bool {
        guard case .refused(400, _) = reason else { return false }
        return message.contains("credential found with keyId")
    }

    /// How long to wait before the same request may succeed; `nil` when it will not, or not while somebody waits.
    var passes: TimeInterval? {
        switch reason {
        case .throttled(let seconds): (seconds ?? 5) <= 10 ? max(seconds ?? 5, 1) : nil
        case .unavailable: 2
        case .missing, .forbidden, .unauthorized, .exists, .refused, .unreadable, .cloudNotConfigured: nil
        }
    }

    package var problem: Problem {
        let trace = requestID.map { AuthorityTrace(aadsts: nil, correlationID: nil, traceID: $0) }
        let said = message.isEmpty ? "" : " It said: \(message)"
        func problem(_ kind: Problem.Kind, _ code: String, _ why: String, _ next: String, retry: Bool = false)
            -> Problem
        {
            Problem(
                kind, code: code, detail: "The directory would not \(operation): \(why).\(said)", nextStep: next,
                isRetryable: retry, trace: trace)
        }
        switch reason {
        case .missing:
            return problem(
                .upstream, "directory_missing", "it is not there",
                "If it was made a moment ago, run the command again; else check that nobody deleted it.", retry: true)
        case .forbidden:
            return problem(
                .forbidden, "directory_forbidden", "who is signed in may not do that",
                "Sign in as an Application Administrator (--sign-in; for --grant a Privileged Role Administrator), or use "
                    + "an app (--as) that holds Application.ReadWrite.OwnedBy and owns the registration.")
        case .unauthorized:
            return problem(.upstream, "directory_unauthorized", "the token was not accepted", "Sign in again.")
        case .exists: return problem(.upstream, "directory_exists", "it exists already", "Run the command again.")
        case .throttled(let seconds):
            return Problem(
                .throttled, code: "directory_throttled",
                detail: "The directory would not \(operation): it is asked too much.", whoMustAct: .nobodyWait,
                nextStep: "Run the command again in a minute.", isRetryable: true,
                retryAfter: seconds.map { .seconds($0) }, trace: trace)
        case .unavailable(let what):
            return Problem(
                .unavailable, code: "directory_unavailable",
                detail: "The directory gave no answer when asked to \(operation): \(what).", whoMustAct: .nobodyWait,
                nextStep: "Run the command again; it goes on where it stopped.", isRetryable: true, trace: trace)
        case .refused(let status, let code):
            return problem(
                .upstream, "directory_refused", "status \(status), \(code)",
                "Mend what it complains about; the request id helps Microsoft's support.")
        case .unreadable:
            return problem(.upstream, "directory_unreadable", "its reply could not be read", "Run the command again.")
        case .cloudNotConfigured:
            return problem(
                .invalid, "cloud_not_configured", "this service has no Graph root for that cloud",
                "Remove the custom authority from the settings, or use a registration of its cloud.")
        }
    }
}
