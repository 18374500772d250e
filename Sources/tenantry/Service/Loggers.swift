import Logging

extension Logger {
    /// The service's log, one line an event, on standard error.
    ///
    /// - Throws: ``UsageError`` for a level that does not exist.
    static func service(level: String?) throws(UsageError) -> Logger {
        var logger = Logger(label: "tenantry", factory: { StreamLogHandler.standardError(label: $0) })
        if let level {
            guard let known = Logger.Level(rawValue: level) else {
                let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError("The setting log_level = '\(level)' is no level.", "Use one of \(levels).")
            }
            logger.logLevel = known
        }
        return logger
    }

    /// For commands that host the service themselves: what goes wrong comes back as their own error.
    static var quiet: Logger {
        Logger(label: "tenantry", factory: { _ in SwiftLogNoOpLogHandler() })
    }
}
