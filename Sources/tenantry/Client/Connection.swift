import FoundationEssentials
import Logging
import SQLiteStore
import Tenancy

extension ConnectionOptions {
    /// Finds the service, or becomes it for the time of the body: `--server`, else the owner of the data directory
    /// through its socket, else this process.
    ///
    /// - Parameter working: what a service in this process works on beside answering.
    func withService<Result: Sendable>(
        working work: PrivateHost.Work? = nil, _ body: @escaping @Sendable (ServiceClient) async throws -> Result
    ) async throws -> Result {
        let environment = ProcessInfo.processInfo.environment
        if let client = try namedService(environment) { return try await body(client) }
        let path = directory(environment)
        let settings = try await Settings.read(from: path, environment: environment)
        let key = keyFile(settings)
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            if let client = await runningService(at: path) { return try await body(client) }
            if let directory = try own(path, key, settings, until: deadline) {
                return try await PrivateHost(directory: directory, settings: settings, logger: .quiet, work: work)
                    .run(body)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// A service that runs, for what only makes sense beside one.
    ///
    /// - Parameter advice: what to do when none runs.
    func followedService(
        orElse advice: String = "Start `tenantry serve`, or read what has happened with `tenantry event list`."
    ) async throws -> ServiceClient {
        let environment = ProcessInfo.processInfo.environment
        if let client = try namedService(environment) { return client }
        guard let client = await runningService(at: directory(environment)) else {
            throw UsageError(
                "No service owns the data directory, so nothing happens there that could be followed.", advice)
        }
        return client
    }

    /// The service of `--server` or `$TENANTRY_SERVER`.
    private func namedService(_ environment: [String: String]) throws -> ServiceClient? {
        guard let server = server ?? environment["TENANTRY_SERVER"] else { return nil }
        guard let key = environment["TENANTRY_API_KEY"], !key.isEmpty else {
            throw UsageError(
                "A service at a URL wants an API key.",
                "Set $TENANTRY_API_KEY; make one with `tenantry key create`.")
        }
        return try ServiceClient(server: server, apiKey: Secret(key), caFile: caFile)
    }

    /// The directory, or `nil` to try again: another command works in it for a moment, or a service is about to open
    /// its socket.
    private func own(
        _ path: String, _ key: String?, _ settings: Settings, until deadline: ContinuousClock.Instant
    ) throws(DataDirectoryError) -> DataDirectory? {
        do {
            return try DataDirectory.open(at: path, key: key, tokens: settings.tokens.file(.quiet))
        } catch {
            guard case .owned = error, ContinuousClock.now < deadline else { throw error }
            return nil
        }
    }

    private func runningService(at directory: String) async -> ServiceClient? {
        let socket = directory + "/tenantry.sock"
        guard FileManager.default.fileExists(atPath: socket), let client = try? ServiceClient(socket: socket) else {
            return nil
        }
        do {
            _ = try await client.get("/v1/apps")
            return client
        } catch is ServiceUnreachable {
            return nil
        } catch {
            return client
        }
    }
}
