/// Whose move it is when something does not work.
package enum WhoMustAct: String, Sendable, Codable, CaseIterable {
    /// The ISV: its operators, its registration, its credential, its machine.
    case you
    /// An administrator of the customer's tenant.
    case customerAdmin = "customer_admin"
    case microsoft
    /// Time cures it.
    case nobodyWait = "nobody_wait"
}

/// What a support case with Microsoft needs: kept as fields, never parsed back out of a text.
package struct AuthorityTrace: Sendable, Equatable, Codable {
    /// The number behind `AADSTS`, when the authority gave one.
    package let aadsts: Int?
    package let correlationID: String?
    package let traceID: String?

    package init(aadsts: Int?, correlationID: String? = nil, traceID: String? = nil) {
        self.aadsts = aadsts
        self.correlationID = correlationID
        self.traceID = traceID
    }
}

/// A failure in the words of the person who reads it. Every error of this module can be told as one.
package struct Problem: Sendable, Equatable {
    /// The sort of failure, from which transports derive a status and the command line an exit code.
    package enum Kind: Sendable {
        case invalid, notFound, conflict, gone, forbidden, unauthenticated, tooLarge
        case upstream, throttled, unavailable, failure
    }

    package let kind: Kind
    /// Stable, for machines: `snake_case`.
    package let code: String
    /// What happened, and for which tenant: one sentence.
    package let detail: String
    package let whoMustAct: WhoMustAct
    /// What that person does next: one sentence.
    package let nextStep: String
    package let isRetryable: Bool
    package let retryAfter: Duration?
    package let trace: AuthorityTrace?
    /// The place in what was sent that is wrong, such as `permissions[2].role`.
    package let pointer: String?

    package init(
        _ kind: Kind, code: String, detail: String, whoMustAct: WhoMustAct = .you, nextStep: String,
        isRetryable: Bool = false, retryAfter: Duration? = nil, trace: AuthorityTrace? = nil, pointer: String? = nil
    ) {
        self.kind = kind
        self.code = code
        self.detail = detail
        self.whoMustAct = whoMustAct
        self.nextStep = nextStep
        self.isRetryable = isRetryable
        self.retryAfter = retryAfter
        self.trace = trace
        self.pointer = pointer
    }
}

/// An error that can say what it means to its reader.
package protocol ExplainedError: Error, CustomStringConvertible {
    var problem: Problem { get }
}

extension ExplainedError {
    package var description: String { "\(problem.detail) \(problem.nextStep)" }
}

/// Why a store operation did not happen. Nothing was changed.
package enum StoreError: ExplainedError, Equatable {
    /// A row with that identity exists already.
    case alreadyExists(String)
    /// The row to change is not there.
    case notFound(String)
    /// A sealed value did not open: another key, or altered bytes.
    case sealBroken(String)
    /// The disk is full, read-only or failing; the text is SQLite's own.
    case unavailable(String)

    package var problem: Problem {
        switch self {
        case .alreadyExists(let what):
            Problem(.conflict, code: "already_exists", detail: "\(what) exists already.", nextStep: "Nothing to do.")
        case .notFound(let what):
            Problem(
                .notFound, code: "not_found", detail: "\(what) is not known here.",
                nextStep: "List what there is and use one of those names.")
        case .sealBroken(let what):
            Problem(
                .failure, code: "seal_broken", detail: "\(what) cannot be opened with the key in use.",
                nextStep: "Restore the key file that belongs to this database.")
        case .unavailable(let reason):
            Problem(
                .unavailable, code: "store_unavailable", detail: "The database did not accept the change: \(reason).",
                nextStep: "Check free space and permissions of the data directory, then try again.",
                isRetryable: true)
        }
    }
}
