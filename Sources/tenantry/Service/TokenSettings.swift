import Configuration
import Logging
import SQLiteStore
import Tenancy

/// What the settings say about tokens.
struct TokenSettings: Sendable {
    let memoryBytes: Int
    let diskBytes: Int
    /// To one cloud's authority.
    let requestsPerSecond: Int
    let concurrentRequests: Int

    static let names: Set = [
        "tokens.memory_mb", "tokens.disk_mb", "tokens.requests_per_second", "tokens.concurrent_requests",
    ]

    /// - Throws: ``UsageError`` for a number that cannot be used.
    init(_ config: ConfigReader) throws(UsageError) {
        memoryBytes = try config.whole("tokens.memory_mb", in: 1...1_048_576, else: 512) << 20
        diskBytes = try config.whole("tokens.disk_mb", in: 16...1_048_576, else: 4_096) << 20
        requestsPerSecond = try config.whole("tokens.requests_per_second", in: 1...100_000, else: 100)
        concurrentRequests = try config.whole("tokens.concurrent_requests", in: 1...1_000, else: 64)
    }

    var limits: AuthorityGate.Limits {
        var limits = AuthorityGate.Limits()
        limits.perSecond = Double(requestsPerSecond)
        limits.burst = 2 * requestsPerSecond
        limits.concurrent = concurrentRequests
        limits.concurrentOfTenant = min(limits.concurrentOfTenant, concurrentRequests)
        return limits
    }

    /// How the data directory keeps tokens.
    func file(_ logger: Logger) -> TokenFileOptions {
        TokenFileOptions(diskBytes: diskBytes, report: { logger.warning("\($0)") })
    }
}

extension ConfigReader {
    /// A whole number within bounds; the last argument when the setting is absent.
    ///
    /// - Throws: ``UsageError`` for anything else that is written there.
    func whole(_ name: String, in range: ClosedRange<Int>, else absent: Int) throws(UsageError) -> Int {
        guard let text = string(forKey: ConfigKey(name)) else { return absent }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "The setting \(name) cannot be used.",
                "Give a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
