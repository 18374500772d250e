import ArgumentParser
import FoundationEssentials
import Tenancy

struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Work that is done tenant by tenant.", subcommands: [Run.self])

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a job over the tenants and wait for its end.",
            discussion: """
                graph-get reads a Microsoft Graph collection to its last page, into one NDJSON file per tenant. Each \
                tenant fails alone. Exit code 5: finished, but not every tenant succeeded.

                Examples:
                  tenantry job run graph-get --path '/users?$select=id,displayName'
                  tenantry job run graph-get --path /organization --max-concurrent 4
                  tenantry job run graph-get --path /organization --selector 'ring=canary,tenant.state=active'
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The kind of job: graph-get.") var kind: String
        @Option(help: "The path below the Graph root.") var path: String
        @Option(name: .customLong("tenant"), help: "Only this tenant, by GUID or domain. Repeatable.") var tenants:
            [String] = []
        @OptionGroup var selection: SelectorOption
        @Option(help: "The app, when there are several.") var app: String?
        @Option(help: "How many tenants are worked on at once, 1 to 256.") var maxConcurrent: Int = 16

        func run() async throws {
            let body: [String: JSONValue] = [
                "job": .object(["kind": .string(kind), "path": .string(path)]), "app": app.json,
                "tenants": tenants.isEmpty ? .null : .array(tenants.map { .string($0) }),
                "selector": selection.selector.json, "max_concurrent": .number(Decimal(maxConcurrent)),
            ].compact
            let (run, items) = try await connection.withService(working: .runs) { service in
                let started = try await service.post("/v1/runs", body)
                let id = started["id"].cell
                Terminal.say("tenantry: run \(id) started")
                let run = try await RunProgress(service: service, run: id).untilEnd()
                return (run, try await service.all("/v1/runs/\(id)/items"))
            }
            try RunReport(run: run, items: items).print(output)
        }
    }
}

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Executions of jobs.", subcommands: [List.self, Show.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the newest runs.", discussion: "Examples:\n  tenantry run list")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let reply = try await connection.withService { try await $0.get("/v1/runs") }
            try output.print(
                reply["items"],
                [
                    Column("id", "id"), Column("app", "app"), Column("job", "job.kind"), Column("path", "job.path"),
                    Column("state", "state"), Column("started", "created_at"), Column("items", "counts"),
                ])
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what became of each tenant in a run.",
            discussion: "Examples:\n  tenantry run show 01jd…\n  tenantry run show 01jd… -o json")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The run's id.") var id: String

        func run() async throws {
            let (run, items) = try await connection.withService { service in
                let run = try await service.get("/v1/runs/\(id.escaped)")
                return (run, try await service.all("/v1/runs/\(id.escaped)/items"))
            }
            try RunReport(run: run, items: items).print(output, failing: false)
        }
    }
}

/// Follows a run to its end.
private struct RunProgress {
    let service: ServiceClient
    let run: String

    func untilEnd() async throws -> JSONValue {
        defer { Terminal.progress("") }
        while true {
            let run = try await service.get("/v1/runs/\(run)")
            guard run["state"].string == "running" else { return run }
            Terminal.progress("run \(self.run): \(run["counts"].cell)")
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}

/// Prints a run and its items.
private struct RunReport {
    let run: JSONValue
    let items: JSONValue

    /// - Throws: exit code 5 when `failing` and the run is not wholly successful.
    func print(_ output: OutputOptions, failing: Bool = true) throws {
        if output.format == .json, case .object(var whole) = run {
            whole["items"] = items
            Terminal.print(try JSONValue.object(whole).prettyText())
        } else {
            try output.print(
                items,
                [
                    Column("tenant", "tenant"), Column("state", "state"), Column("rows", "rows"),
                    Column("attempts", "attempts"), Column("who must act", "fault.who_must_act"),
                    Column("detail", "fault.detail"),
                ])
        }
        Terminal.say("tenantry: run \(run["id"].cell) is \(run["state"].cell): \(run["counts"].cell)")
        if let file = items.rows.lazy.compactMap({ $0["output"].string }).first, let slash = file.lastIndex(of: "/") {
            Terminal.say("tenantry: output lies in \(file[..<slash])")
        }
        if failing, run["state"].string != "succeeded" { throw ExitCode(5) }
    }
}
