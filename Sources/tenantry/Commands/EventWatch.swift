import ArgumentParser
import Tenancy

/// What the commands that follow events have in common.
struct EventWatch: ParsableArguments {
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Begin behind this sequence number. (default: from now on)") var after: Int?
    @Option(help: "Only this tenant, by GUID or domain.") var tenant: String?
    @Option(help: "End with 0 at the first event of this type.") var until: EventPattern?
    @Option(help: "End with 124 after that long: 30s, 15m.") var timeout: TimeSpan?

    func run(type: EventPattern?) async throws {
        guard output.format != .csv else {
            throw UsageError("A stream has no table to be written as CSV.", "Use -o json: a line each.")
        }
        let follower = EventFollower(
            service: try await connection.followedService(),
            query: Self.query(["tenant": tenant, "type": type?.description]), after: after,
            timeout: timeout.map { .seconds($0.seconds) })
        let (format, until) = (output.format, until)
        let end = try await follower.run { event in
            Terminal.print(format == .json ? try event.lineText() : Self.line(event))
            return until?.matches(event["type"].cell) ?? false
        }
        switch end {
        case .taken: return
        case .interrupted: throw CancellationError()
        case .timedOut:
            Terminal.say("tenantry: the time is over\(until.map { ", and no \($0) came" } ?? "")")
            throw ExitCode(124)
        }
    }

    /// `?name=value&…` of what is given.
    static func query(_ parameters: KeyValuePairs<String, String?>) -> String {
        let given = parameters.compactMap { name, value in value.map { "\(name)=\($0.escaped)" } }
        return given.isEmpty ? "" : "?" + given.joined(separator: "&")
    }

    private static func line(_ event: JSONValue) -> String {
        Terminal.clean(
            ["sequence", "at", "type", "tenant", "app", "actor", "data"].map { event[$0].cell }
                .filter { !$0.isEmpty }.joined(separator: "  "))
    }
}
