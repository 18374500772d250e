package import FoundationEssentials

/// A run's id: 48 bits of time and 80 random bits in Base32, so that ids sort by age.
package struct RunID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        guard text.utf8.count == 26, Base32.isEncoded(text) else { return nil }
        description = text
    }

    package init(at now: Date, randomness: Randomness) {
        let milliseconds = UInt64(max(0, now.timeIntervalSince1970 * 1000))
        let time = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * UInt64($0))) }
        description = Base32.encode(time + randomness.bytes(10))
    }
}

/// A path below the Graph root, with its query: `/v1.0/users?$select=id`.
package struct GraphPath: Sendable, Equatable, CustomStringConvertible {
    package let description: String

    /// Accepts a path of printable ASCII that begins with `/`; `/v1.0` is put before it unless it names a version.
    /// Refuses `//`, `..`, fragments and backslashes, so that a path can never name another host or climb.
    package init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.first == 0x2f, bytes.count <= 2_000, bytes.allSatisfy({ (0x21...0x7e).contains($0) }),
            !text.contains("\\"), !text.contains("#"), !text.contains("\"")
        else { return nil }
        let path = text.prefix { $0 != "?" }
        guard !path.contains("//"), !path.lowercased().contains("%2f"),
            !path.split(separator: "/").contains(where: {
                $0.replacing("%2e", with: ".").replacing("%2E", with: ".") == ".."
            })
        else { return nil }
        let named = ["/v1.0/", "/beta/"].contains { text.hasPrefix($0) }
        description = named ? text : "/v1.0" + text
    }
}

/// What a run does for each tenant.
package enum Job: Sendable, Equatable {
    /// Reads a Graph collection, page by page, into one NDJSON file per tenant.
    case graphGet(GraphPath)

    /// The name on the command line.
    package var name: String {
        switch self {
        case .graphGet: "graph-get"
        }
    }
}

package enum RunState: String, Sendable, CaseIterable {
    case running
    /// Every item succeeded.
    case succeeded
    /// Some item did not.
    case partial
    case cancelled

    package var isFinal: Bool { self != .running }
}

package enum ItemState: String, Sendable, CaseIterable {
    case waiting, running, succeeded, failed, skipped, cancelled

    package var isFinal: Bool { self != .waiting && self != .running }
}

/// One execution of a job over a set of tenants that was frozen when it started.
package struct Run: Sendable, Equatable {
    package let id: RunID
    package let app: AppName
    package let job: Job
    package let maxConcurrent: Int
    package let createdAt: Date
    package let state: RunState
    package let finishedAt: Date?
    package let counts: [ItemState: Int]

    package init(
        id: RunID, app: AppName, job: Job, maxConcurrent: Int, createdAt: Date, state: RunState = .running,
        finishedAt: Date? = nil, counts: [ItemState: Int] = [:]
    ) {
        self.id = id
        self.app = app
        self.job = job
        self.maxConcurrent = maxConcurrent
        self.createdAt = createdAt
        self.state = state
        self.finishedAt = finishedAt
        self.counts = counts
    }
}

/// One tenant's part of a run.
package struct RunItem: Sendable, Equatable {
    package let tenant: TenantID
    package let state: ItemState
    /// Attempts begun; an attempt is counted before it starts.
    package let attempts: Int
    package let fault: Fault?
    /// Lines written.
    package let rows: Int
    package let finishedAt: Date?

    package init(
        tenant: TenantID, state: ItemState, attempts: Int = 0, fault: Fault? = nil, rows: Int = 0,
        finishedAt: Date? = nil
    ) {
        self.tenant = tenant
        self.state = state
        self.attempts = attempts
        self.fault = fault
        self.rows = rows
        self.finishedAt = finishedAt
    }
}

/// How one attempt ended.
package enum ItemOutcome: Sendable, Equatable {
    case succeeded(rows: Int)
    case failed(Fault)
    /// Passing trouble: try again after so many seconds, while attempts remain.
    case retry(after: TimeInterval?, Fault)
    /// The tenant may not be worked on.
    case skipped(Fault)
    /// The service stops; the attempt is nobody's fault.
    case interrupted
}
