import ArgumentParser
import Tenancy

/// As whom the home tenant's directory is read and changed.
struct DirectoryOptions: ParsableArguments {
    @Option(
        name: .customLong("as"), help: "An app that is known here and holds Application.ReadWrite.OwnedBy.")
    var registrar: String?
    @Flag(help: "Sign in as an administrator, in a browser, with a code. The token is kept in memory and dropped.")
    var signIn = false

    /// Runs the body with the `access` member of a request; the sign-in, if there is one, ends with it.
    ///
    /// - Parameters:
    ///   - place: where to sign in: `app`, or `home_tenant` and `cloud`.
    ///   - granting: whether permissions are to be granted too.
    func withAccess<Result: Sendable>(
        _ service: ServiceClient, at place: [String: JSONValue], granting: Bool = false,
        _ body: (_ access: JSONValue) async throws -> Result
    ) async throws -> Result {
        guard signIn else {
            return try await body(registrar.map { .object(["app": .string($0)]) } ?? .null)
        }
        guard registrar == nil else { throw UsageError("--as and --sign-in exclude each other.", "Use one of them.") }
        let started = try await service.post(
            "/v1/sign-ins", place.merging(granting ? ["grant": .bool(true)] : [:]) { $1 })
        let id = started["id"].cell
        Terminal.say(
            "tenantry: to sign in, open \(started["verification_uri"].cell) and enter the code "
                + started["user_code"].cell)
        let result: Result
        do {
            while try await service.get("/v1/sign-ins/\(id.escaped)")["signed_in"] != .bool(true) {
                try await Task.sleep(for: .milliseconds(500))
            }
            Terminal.say("tenantry: signed in")
            result = try await body(.object(["sign_in": .string(id)]))
        } catch {
            // Whatever went wrong, the token must not outlive it; that it may be gone already is no news.
            _ = try? await service.delete("/v1/sign-ins/\(id.escaped)")
            throw error
        }
        try await service.delete("/v1/sign-ins/\(id.escaped)")
        return result
    }
}
