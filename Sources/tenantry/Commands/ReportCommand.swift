import ArgumentParser
import Tenancy

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Reports over all tenants.", subcommands: [Consent.self])

    struct Consent: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who has consented to what, and whose move it is.",
            discussion: """
                A row for each tenant, and the counts on standard error. With --summary the counts are the data, for \
                each app.

                Examples:
                  tenantry report consent
                  tenantry report consent -o csv > consent.csv
                  tenantry report consent --selector plan=gold --state behind
                  tenantry report consent --summary -o json
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var filter: StatusFilter
        @Flag(help: "Only the counts, of every app unless one is named.") var summary = false

        func run() async throws {
            if summary { return try await printSummary() }
            let filter = filter
            let (rows, counts) = try await connection.withService { service in
                let rows = try await service.all("/v1/consent" + filter.query)
                if filter.isNarrowed || rows.rows.isEmpty { return (rows, JSONValue.null) }
                let app = Optional(rows.rows[0]["app"].cell)
                return (rows, try await service.get("/v1/consent/summary" + app.query("app"))["apps"].rows[0])
            }
            try output.print(rows, ConsentCommand.columns)
            Terminal.say("tenantry: \(rows.rows.count) tenants: \(Self.states(of: rows))")
            for (title, field) in [("by release", "releases"), ("who must act", "who_must_act")] {
                let text = Self.words(counts[field])
                if !text.isEmpty { Terminal.say("tenantry: \(title): \(text)") }
            }
        }

        private func printSummary() async throws {
            if filter.isNarrowed {
                throw UsageError("The summary counts all tenants.", "Leave the selection away, or --summary.")
            }
            let path = "/v1/consent/summary" + filter.app.query("app")
            let apps = try await connection.withService { try await $0.get(path) }["apps"]
            if output.format == .json { return try output.print(apps, []) }
            let rows = apps.rows.flatMap(Self.lines)
            try output.print(
                .array(rows), ["app", "by", "value", "tenants"].map { Column($0, $0) })
        }

        /// One line for each count.
        private static func lines(_ app: JSONValue) -> [JSONValue] {
            func line(_ by: String, _ value: String, _ tenants: JSONValue) -> JSONValue {
                .object(["app": app["app"], "by": .string(by), "value": .string(value), "tenants": tenants])
            }
            func lines(_ by: String, _ counts: JSONValue) -> [JSONValue] {
                guard case .object(let members) = counts else { return [] }
                return members.sorted { $0.key < $1.key }.map { line(by, $0.key, $0.value) }
            }
            return lines("state", app["states"])
                + app["releases"].rows.map { line("release", $0["release"].cell, $0["tenants"]) }
                + lines("who must act", app["who_must_act"]) + [line("all", "", app["tenants"])]
        }

        private static func states(of rows: JSONValue) -> String {
            let states = Dictionary(grouping: rows.rows) { $0["state"].cell }.mapValues(\.count)
            return states.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
                .joined(separator: ", ")
        }

        private static func words(_ counts: JSONValue) -> String {
            switch counts {
            case .object(let members):
                members.sorted { $0.key < $1.key }.map { "\($0.value.cell) \($0.key)" }.joined(separator: ", ")
            case .array(let rows): rows.map { "\($0["tenants"].cell) of \($0["release"].cell)" }.joined(separator: ", ")
            case .null, .bool, .number, .string: ""
            }
        }
    }
}
