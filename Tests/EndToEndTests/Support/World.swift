import FoundationEssentials

/// The emulated Microsoft Entra ID and Graph, and the hand that moves them.
final class World: Sendable {
    let process: BackgroundProcess
    let login: String
    let graph: String
    private let control: String
    var controlAddress: String { control }
    /// The certificate authority that clients must trust.
    let caFile: String

    private init(process: BackgroundProcess, addresses: JSON) {
        self.process = process
        login = addresses["login"].text
        graph = addresses["graph"].text
        control = addresses["control"].text
        caFile = addresses["ca_file"].text
    }

    static func start(_ scenario: Scenario, in directory: String) async throws -> World {
        let file = directory + "/scenario.json"
        try Data(try scenario.json.bytes).write(to: URL(filePath: file))
        let process = try await BackgroundProcess.start(
            Binaries.emulator,
            [
                "--scenario", file, "--login", "127.0.0.1:0", "--graph", "127.0.0.1:0", "--control", "127.0.0.1:0",
                "--ca-file", directory + "/ca.pem",
            ], log: directory + "/emulator.log")
        return World(process: process, addresses: try JSON(parsing: process.announcement))
    }

    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    @discardableResult
    func control(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON {
        let reply = try await HTTPReply.of(method, control + "/control" + path, body: body)
        guard (200..<300).contains(reply.status) else {
            throw Refused(description: "\(method) \(path): \(reply.status) \(reply.body)")
        }
        return try reply.json
    }

    // MARK: What administrators do

    /// Opens the consent link in the place of an administrator, who then does as the tenant's habit is, or as told.
    ///
    /// - Parameter odd: what the page answers instead of what was decided, or how it spells it.
    /// - Returns: the callback that the browser was sent to, letter by letter; empty when it stays at Microsoft.
    func answer(_ url: String, _ decision: String? = nil, callback odd: JSON = .null) async throws -> String {
        var body: [String: JSON] = ["url": .string(url)]
        if let decision { body["decision"] = .string(decision) }
        if odd != .null { body["callback"] = odd }
        return try await control("POST", "/consent", .object(body))["callback"].text
    }

    /// Signs in at Microsoft in the place of an administrator.
    ///
    /// - Parameter account: one that may consent, when nobody is named.
    /// - Returns: the callback that the browser was sent to.
    func signIn(_ url: String, as account: String? = nil, _ decision: String = "accept") async throws -> String {
        var body: [String: JSON] = ["url": .string(url), "decision": .string(decision)]
        if let account { body["account"] = .string(account) }
        return try await control("POST", "/sign-in", .object(body))["callback"].text
    }

    /// The next token about a user of that tenant is wrong in that way.
    func forge(_ flaw: String, of customer: Customer) async throws {
        try await control("POST", "/tenants/\(customer.id)/forge", ["id_token": .string(flaw)])
    }

    /// The administrator does that to the app: delete, restore, purge, disable or enable.
    func principal(_ action: String, of customer: Customer) async throws {
        try await control(
            "POST", "/tenants/\(customer.id)/service-principals",
            ["client_id": .string(Scenario.clientID), "action": .string(action)])
    }

    /// The administrator takes these roles back.
    func revoke(_ roles: String..., of customer: Customer) async throws {
        try await control(
            "POST", "/tenants/\(customer.id)/revoke",
            ["client_id": .string(Scenario.clientID), "roles": .array(roles.map { .string($0) })])
    }

    /// The administrator deletes the app.
    func revoke(_ customer: Customer) async throws {
        try await control("POST", "/tenants/\(customer.id)/revoke", ["client_id": .string(Scenario.clientID)])
    }

    func change(_ customer: Customer, _ members: JSON) async throws {
        try await control("PATCH", "/tenants/\(customer.id)", members)
    }

    /// Moves Microsoft's time forward.
    func advance(seconds: Int) async throws {
        try await control("POST", "/clock", ["advance_seconds": .number(Double(seconds))])
    }

    // MARK: What goes wrong

    /// The next requests of that sort go wrong that way.
    func fault(
        _ endpoint: String, _ kind: String, of customer: Customer? = nil, count: Int = 1, retryAfter: String? = nil
    ) async throws {
        var body: [String: JSON] = [
            "endpoint": .string(endpoint), "kind": .string(kind), "count": .number(Double(count)),
        ]
        if let customer { body["tenant"] = .string(customer.id) }
        if let retryAfter { body["retry_after"] = .string(retryAfter) }
        try await control("POST", "/faults", .object(body))
    }

    /// The next request of that sort is answered with exactly this.
    func literal(_ endpoint: String, of customer: Customer, status: Int, headers: JSON = [:], body: JSON) async throws {
        try await control(
            "POST", "/faults",
            [
                "endpoint": .string(endpoint), "tenant": .string(customer.id), "status": .number(Double(status)),
                "headers": headers, "body": body,
            ])
    }

    // MARK: What was seen

    /// What jobs read from Graph, oldest first; the verifier's own question is left out.
    func reads(of customer: Customer? = nil) async throws -> [JSON] {
        try await requests("graph", of: customer).filter { !$0["path"].text.hasSuffix("/organization") }
    }

    /// Requests that were answered, oldest first.
    func requests(_ endpoint: String, of customer: Customer? = nil) async throws -> [JSON] {
        let tenant = customer.map { "&tenant=\($0.id)" } ?? ""
        return try await control("GET", "/requests?endpoint=\(endpoint)\(tenant)")["requests"].items
    }
}
