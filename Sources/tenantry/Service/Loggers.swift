import Logging

extension Logger {
    /// The service's log, one line an event, on standard error.
    static func service(level: String?) -> Logger {
        var logger = Logger(label: "tenantry", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = level.flatMap { Logger.Level(rawValue: $0) } ?? .info
        return logger
    }

    /// For commands that host the service themselves: what goes wrong comes back as their own error.
    static var quiet: Logger {
        Logger(label: "tenantry", factory: { _ in SwiftLogNoOpLogHandler() })
    }
}
