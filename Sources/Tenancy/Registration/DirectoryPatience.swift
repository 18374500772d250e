package import FoundationEssentials

/// Waits out a directory that has not yet told all its replicas of what was just made, and passing trouble.
package struct DirectoryPatience: Sendable {
    private let pause: @Sendable (TimeInterval) async throws -> Void

    /// - Parameter pause: waits so many seconds; tests pass one that returns at once.
    package init(
        pause: @escaping @Sendable (TimeInterval) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
    ) {
        self.pause = pause
    }

    /// Seconds before the second, third … try: about two minutes in all. Source: half a minute was seen often, minutes
    /// now and then.
    static let pauses: [TimeInterval] = [0.5, 1, 1.5, 2, 3, 4, 6, 8, 10, 12, 15, 15, 20, 20]
    /// A 403 that stays for so many seconds is no lag. Source: half a minute was enough in every report.
    static let longestForbidden: TimeInterval = 30
    /// After so many seconds what was made is known everywhere, and what is not there is gone.
    static let freshness: TimeInterval = 600
    /// Trouble that may pass is tried so often.
    private static let triesInTrouble = 4

    /// - Parameters:
    ///   - lag: whether what the request names was made a moment ago, so that it may not be seen yet.
    ///   - isRepeatable: whether a request whose reply was lost may be sent again.
    func perform<Value>(
        lag: Bool, isRepeatable: Bool = true, _ body: () async throws(DirectoryError) -> Value
    ) async throws(DirectoryError) -> Value {
        var waited: TimeInterval = 0
        for (index, next) in Self.pauses.enumerated() {
            do {
                return try await body()
            } catch {
                let isLag = lag && error.isLag && (error.reason == .missing || waited < Self.longestForbidden)
                guard isLag || (isRepeatable && error.passes != nil && index < Self.triesInTrouble - 1) else {
                    throw error
                }
                let seconds = isLag ? next : max(error.passes ?? 0, next)
                waited += seconds
                do { try await pause(seconds) } catch {
                    throw DirectoryError("go on", .unavailable("it was cancelled"))
                }
            }
        }
        return try await body()
    }

    /// Reads until something is there.
    ///
    /// - Parameter lag: whether it was made a moment ago; what is old and not there is gone.
    func find<Value>(
        _ operation: String, lag: Bool = true, _ body: () async throws(DirectoryError) -> Value?
    ) async throws(DirectoryError) -> Value {
        try await perform(lag: lag) { () throws(DirectoryError) in
            guard let value = try await body() else { throw DirectoryError(operation, .missing) }
            return value
        }
    }
}
