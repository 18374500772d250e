import ArgumentParser
import Tenancy

struct SealingKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sealing-key", abstract: "The key that seals credentials, tokens and secrets on disk.",
        subcommands: [Status.self, Rotate.self])

    private static let columns = [
        Column("id", "id"), Column("in use", "in_use"), Column("began", "began_at"), Column("ended", "ended_at"),
    ]

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the keys, and how many rows a rotation has still to seal anew.",
            discussion: """
                Examples:
                  tenantry sealing-key status
                  tenantry sealing-key status -o json
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try SealingKeyCommand.show(
                try await connection.withService { try await $0.get("/v1/sealing-key") }, output)
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace the key, while everything goes on.",
            discussion: """
                A new key is written above the old one in the key file; from then on it seals whatever is written. What \
                is there already is sealed anew in the background, and when nothing is left, the old key's line is \
                taken out of the file. Interrupted, it goes on under `tenantry serve`, or when this is run again.

                Backups made before open with the old key only: keep a copy of the key file for as long as you keep \
                them. Credentials that somebody may have read with a stolen key are not saved by this: rotate them too, \
                with `tenantry credential rotate`.

                Where the key file cannot be written, put a new first line into it yourself, made with `openssl rand \
                -base64 32`, leave the old one below it, and restart the service: it does the rest but for taking \
                out the old line.

                Examples:
                  tenantry sealing-key rotate --dry-run
                  tenantry sealing-key rotate --yes
                  tenantry sealing-key rotate --yes --no-wait
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Flag(help: "Show what would be sealed anew, and change nothing.") var dryRun = false
        @Flag(help: "Do not ask.") var yes = false
        @Flag(help: "Do not wait for the end; only beside a running service.") var noWait = false

        func run() async throws {
            let (dryRun, yes, noWait) = (dryRun, yes, noWait)
            let status = try await connection.withService(working: dryRun ? nil : .sealing) { service in
                var status = try await service.get("/v1/sealing-key")
                if dryRun { return status }
                if Self.isRotating(status) {
                    Terminal.say("tenantry: going on with the rotation that was begun")
                } else {
                    if !yes { try Self.ask() }
                    status = try await service.post("/v1/sealing-key/rotate", [:])
                }
                defer { Terminal.progress("") }
                // Once all is sealed anew, the old line goes in a moment, or not at all where the file cannot be written.
                var patience = 10
                while !noWait, Self.isRotating(status) || status["spare_lines"].int != 0, patience > 0 {
                    if !Self.isRotating(status) { patience -= 1 }
                    Terminal.progress("\(status["remaining"].cell) row(s) still to be sealed anew")
                    try await Task.sleep(for: .milliseconds(200))
                    status = try await service.get("/v1/sealing-key")
                }
                return status
            }
            if dryRun {
                let rows = status["rows"].rows.reduce(0) { $0 + ($1["total"].int ?? 0) }
                Terminal.say("tenantry: \(rows) row(s) would be sealed with a new key; nothing was changed")
            } else if !Self.isRotating(status) {
                Terminal.say("tenantry: the new key is in use, and nothing needs the old one but earlier backups")
            }
            try SealingKeyCommand.show(status, output)
        }

        private static func isRotating(_ status: JSONValue) -> Bool { status["state"].string == "rotating" }

        private static func ask() throws {
            Terminal.say(
                "tenantry: backups made so far open with the present key only; keep a copy of the key file beside them")
            guard Terminal.agrees("Rotate the sealing key? Type yes: ", to: "yes") else {
                throw UsageError("Nothing was changed.", "Look with --dry-run, then type yes or use --yes.")
            }
        }
    }

    private static func show(_ status: JSONValue, _ output: OutputOptions) throws {
        guard output.format == .table else { return try output.print(status, columns) }
        try output.print(status["keys"], columns)
        Terminal.say("tenantry: \(status["state"].cell), \(status["remaining"].cell) row(s) to be sealed anew")
        for rows in status["rows"].rows where rows["remaining"].int != 0 {
            Terminal.say("  \(rows["table"].cell): \(rows["remaining"].cell) of \(rows["total"].cell)")
        }
        if let spare = status["spare_lines"].int, spare > 0 {
            Terminal.say("tenantry: \(spare) line(s) of the key file are needed no more and can be taken out of it")
        }
    }
}
