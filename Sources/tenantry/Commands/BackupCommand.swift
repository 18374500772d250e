import ArgumentParser
import FoundationEssentials
import Glibc
import SQLiteStore
import Tenancy

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copies of the database: make, check, restore.",
        discussion: """
            A backup is one file with the whole database: apps, credentials, tenants, consent, runs, the audit log. What \
            is secret in it is sealed and opens with the key file of its time, which is never in it: keep that apart. \
            Tokens, which are fetched anew, the files that jobs wrote and tenantry.yaml are not in it either.
            """,
        subcommands: [Create.self, Verify.self, Restore.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a backup while everything goes on.",
            discussion: """
                The service writes the file, readable by its own user only, and PATH.sha256 beside it; nothing is \
                replaced. With --server give a mere name: the file lies in the data directory's 'backups' then.

                Examples:
                  tenantry backup create /backup/tenantry-$(date +%F).db
                  tenantry backup create nightly.db --server https://tenantry.example.com
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "A file that is not there yet, on the machine of the service.") var path: String

        func run() async throws {
            let isElsewhere =
                connection.server != nil || ProcessInfo.processInfo.environment["TENANTRY_SERVER"] != nil
            let path = isElsewhere ? path : BackupCommand.absolute(path)
            let backup = try await connection.withService(working: .operations) { service in
                try await service.follow(try await service.post("/v1/backups", ["path": .string(path)]))
            }
            try output.print(
                backup,
                [
                    Column("path", "path"), Column("bytes", "size_bytes"), Column("sha256", "sha256"),
                    Column("keys", "keys"),
                ])
            Terminal.say("tenantry: it opens with the present key file only; keep a copy of that apart from it")
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look whether a backup is whole, and whether a key file opens it.",
            discussion: """
                Works on the file itself, without a service, and changes nothing. Without --key-file the key of the \
                data directory is tried, where there is one. The file PATH.sha256, where there is one, must agree.

                Examples:
                  tenantry backup verify /backup/tenantry-2026-11-25.db
                  tenantry backup verify copy.db --key-file /safe/tenantry.key -o json
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The backup.") var path: String

        func run() async throws {
            let environment = ProcessInfo.processInfo.environment
            let directory = connection.directory(environment)
            let settings = try await Settings.read(from: directory, environment: environment)
            let beside = directory + "/key"
            let key =
                connection.keyFile(settings) ?? (FileManager.default.fileExists(atPath: beside) ? beside : nil)
            let report = try BackupFile(path: BackupCommand.absolute(path)).verify(key: key)
            try BackupCommand.show(report, output)
            if let broken = report.broken, broken > 0 {
                Terminal.say("tenantry: \(broken) sealed row(s) do not open; whatever they held is lost in this backup")
                throw ExitCode(7)
            }
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a data directory from a backup.",
            discussion: """
                Works on the files themselves, and never over a database that is there: --data names a directory \
                without one. The key file of the backup's time must lie in it as 'key', or be named by --key-file. \
                Afterwards every tenant is looked at again. What was taken back since the backup is good again: look \
                at `tenantry key list`, `tenantry credential list` and `tenantry consent links`.

                Examples:
                  install -d -m 700 /var/lib/tenantry
                  install -m 600 /safe/tenantry.key /var/lib/tenantry/key
                  tenantry backup restore /backup/tenantry-2026-11-25.db \\
                    --data /var/lib/tenantry
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The backup.") var path: String

        func run() async throws {
            let environment = ProcessInfo.processInfo.environment
            let directory = connection.directory(environment)
            try SocketPath.checkLength(of: directory + "/tenantry.sock")
            let settings = try await Settings.read(from: directory, environment: environment)
            let key = connection.keyFile(settings).map(BackupCommand.absolute)
            let report = try BackupFile(path: BackupCommand.absolute(path)).restore(
                to: directory, key: key, by: .localUser(uid: getuid()), at: Date())
            try BackupCommand.show(report, output)
            let hint = key.map { " Write key_file: \($0) into its tenantry.yaml." } ?? ""
            Terminal.say(
                "tenantry: made \(directory). Look at `tenantry key list`: keys revoked since the backup are good again."
                    + hint)
        }
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    private static func show(_ report: BackupFile.Report, _ output: OutputOptions) throws {
        func number(_ value: Int?) -> JSONValue { value.map { .number(Decimal($0)) } ?? .null }
        let counts = report.counts.map { ($0.table, JSONValue.number(Decimal($0.rows))) }
        try output.print(
            .object([
                "size_bytes": number(report.size), "sha256": .string(report.sha256),
                "hash_recorded": .bool(report.isHashRecorded), "schema": number(report.schema),
                "keys": .array(report.keys.map { .string($0) }), "sealed_rows_opened": number(report.opening),
                "sealed_rows_broken": number(report.broken),
                "rows": .object(Dictionary(uniqueKeysWithValues: counts)),
            ]),
            [
                Column("bytes", "size_bytes"), Column("sha256", "sha256"), Column("hash recorded", "hash_recorded"),
                Column("schema", "schema"), Column("opened", "sealed_rows_opened"),
                Column("broken", "sealed_rows_broken"),
            ])
        if report.opening == nil {
            Terminal.say("tenantry: no key was tried; what is sealed opens with the key file of its time only")
        }
        for (table, count) in report.counts { Terminal.say("  \(table): \(count)") }
    }
}
