import ArgumentParser
import FoundationEssentials
import Tenancy

struct CredentialCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credential", abstract: "What the apps prove themselves with, and its rotation.",
        subcommands: [
            Add.self, List.self, Rotate.self, Prefer.self, Retire.self, MakeCertificateCommand.self,
        ])

    fileprivate static let columns = [
        Column("id", "id"), Column("app", "app"), Column("kind", "kind"), Column("state", "state"),
        Column("expires", "expires_at"), Column("retires", "retire_at"), Column("finding", "finding"),
        Column("label", "label"),
    ]

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a credential: one that is made, or one that you bring.",
            discussion: """
                --make has Entra make a secret, or makes a certificate here and registers it; neither is ever shown. \
                The command ends when the authority has accepted it repeatedly. A credential that you bring is taken \
                for registered in Entra already, and is first tried when a tenant needs a token, unless --register is \
                given.

                Examples:
                  tenantry credential add fleet --make certificate --sign-in
                  tenantry credential add fleet --make secret --as registrar
                  tenantry credential add fleet --pkcs12-file app.p12
                  tenantry credential add fleet --register --sign-in \\
                    --assertion-file /var/run/secrets/token
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var directory: DirectoryOptions
        @OptionGroup var brought: BroughtCredentialOptions
        @Argument(help: "The app's name.") var app: String
        @Option(help: "secret or certificate.") var make: String?
        @Option(help: "How long what is made lives: 90d, 365d. (default: 180d)") var life: TimeSpan?
        @Flag(help: "Make a certificate or assertion that you bring known to Entra.") var register = false
        @Flag(help: "Use it first from now on.") var prefer = false

        func run() async throws {
            guard (make == nil) == brought.isGiven else {
                throw UsageError("This needs exactly one credential.", "Use --make, or bring one with a --…-file flag.")
            }
            if make != nil || register {
                // A drill is just that: prefer the new one, and retire nothing.
                return try await RotationOrder(
                    app: app, purpose: prefer ? "drill" : "add", make: make, life: life, overlap: nil, brought: brought,
                    directory: directory
                ).carryOut(connection, output)
            }
            let app = app
            let (credential, prefer) = (try brought.json(), prefer)
            let added = try await connection.withService { service in
                try await brought.sending(credential) { credential in
                    try await service.post(
                        "/v1/apps/\(app.escaped)/credentials",
                        ["credential": .object(credential), "prefer": .bool(prefer)])
                }
            }
            try output.print(added, CredentialCommand.columns)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the credentials, with what is wrong with them.",
            discussion: """
                A finding names the rung of the expiry ladder that is reached: 60, 30, 14, 7, 1 days; or a rejection.

                Examples:
                  tenantry credential list
                  tenantry credential list fleet -o json
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The app's name; all apps when absent.") var app: String?

        func run() async throws {
            let path = app.map { "/v1/apps/\($0.escaped)/credentials" } ?? "/v1/credentials"
            let reply = try await connection.withService { try await $0.get(path) }
            try output.print(reply["items"], CredentialCommand.columns)
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace the preferred credential without a failed token request.",
            discussion: """
                Adds a new one in Entra, waits until the authority has accepted it repeatedly, prefers it, keeps the \
                old one for the overlap and then retires it, in Entra and here. Whatever fails, the old one stays \
                preferred. Without --sign-in and --as it is done as the app that registered this one, or by the proof \
                that the app itself holds a certificate. With --drill nothing is retired. Interrupted, run it again: \
                it goes on.

                Examples:
                  tenantry credential rotate fleet
                  tenantry credential rotate fleet --make certificate --overlap 14d --sign-in
                  tenantry credential rotate fleet --drill
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var directory: DirectoryOptions
        @OptionGroup var brought: BroughtCredentialOptions
        @Argument(help: "The app's name.") var app: String
        @Option(help: "secret or certificate. (default: as the preferred one)") var make: String?
        @Option(help: "How long what is made lives: 90d, 365d. (default: 180d)") var life: TimeSpan?
        @Option(help: "How long the old one stays: 12h, 7d. (default: 7d)") var overlap: TimeSpan?
        @Flag(help: "Do everything but retire.") var drill = false

        func run() async throws {
            var make = make
            if make == nil, !brought.isGiven {
                let app = app
                let known = try await connection.withService { try await $0.get("/v1/apps/\(app.escaped)") }
                let kind = known["credential"]["kind"].string ?? "certificate"
                guard kind != "federated" else {
                    throw UsageError(
                        "A federated credential renews itself, so there is nothing to rotate.",
                        "Use --make secret or --make certificate to replace it.")
                }
                make = kind
            }
            try await RotationOrder(
                app: app, purpose: drill ? "drill" : "replace", make: make, life: life, overlap: overlap,
                brought: brought, directory: directory
            ).carryOut(connection, output)
        }
    }

    struct Prefer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Use a credential first from now on.",
            discussion: "Examples:\n  tenantry credential prefer fleet 3k9x2m7p4q8w")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The app's name.") var app: String
        @Argument(help: "The credential's id.") var id: String

        func run() async throws {
            let path = "/v1/apps/\(app.escaped)/credentials/\(id.escaped)/prefer"
            try output.print(
                try await connection.withService { try await $0.post(path, [:]) }, CredentialCommand.columns)
        }
    }

    struct Retire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a credential out at once, in Entra and here.",
            discussion: """
                The last one that can be used is kept. --keep-in-directory only forgets it here.

                Examples:
                  tenantry credential retire fleet 3k9x2m7p4q8w --sign-in
                  tenantry credential retire fleet 3k9x2m7p4q8w --keep-in-directory
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var directory: DirectoryOptions
        @Argument(help: "The app's name.") var app: String
        @Argument(help: "The credential's id.") var id: String
        @Flag(help: "Leave Entra alone.") var keepInDirectory = false

        func run() async throws {
            let (app, path) = (app, "/v1/apps/\(app.escaped)/credentials/\(id.escaped)/retire")
            let keep: [String: JSONValue] = keepInDirectory ? ["keep_in_directory": .bool(true)] : [:]
            try await connection.withService { service in
                _ = try await directory.withAccess(service, at: ["app": .string(app)]) { access in
                    try await service.post(path, keep.merging(["access": access].compact) { $1 })
                }
            }
            Terminal.say("tenantry: credential \(id) is retired")
        }
    }
}

/// One rotation as a command asks for it, followed to its end.
private struct RotationOrder: Sendable {
    let app: String
    let purpose: String
    let make: String?
    let life: TimeSpan?
    let overlap: TimeSpan?
    let brought: BroughtCredentialOptions
    let directory: DirectoryOptions

    func carryOut(_ connection: ConnectionOptions, _ output: OutputOptions) async throws {
        let life = self.life.map { TimeInterval($0.seconds) } ?? Rotation.defaultLife
        let overlap = self.overlap.map { TimeInterval($0.seconds) } ?? 0
        guard Rotation.lives.contains(life) else {
            throw UsageError("--life cannot be that.", "Give one hour to two years: 12h, 365d.")
        }
        guard overlap <= Rotation.longestOverlap else {
            throw UsageError("--overlap cannot be that.", "Give 90 days at most: 12h, 7d.")
        }
        if make != nil, overlap >= life {
            throw UsageError(
                "--overlap is as long as the new one lives.", "Give a longer --life or a shorter --overlap.")
        }
        let credential = make == nil ? try brought.json() : nil
        let path = "/v1/apps/\(app.escaped)/rotation"
        let (rotation, credentials) = try await connection.withService(working: .credentials) { service in
            if try await wasBegun(service, path) {
                Terminal.say("tenantry: going on with the rotation that was interrupted")
            } else {
                try await directory.withAccess(service, at: ["app": .string(app)]) { access in
                    _ = try await brought.sending(credential ?? [:]) { credential in
                        try await service.post(path, body(credential, access))
                    }
                }
            }
            defer { Terminal.progress("") }
            while true {
                let rotation = try await service.get(path)
                guard Self.isUnderWay(rotation) else {
                    return (rotation, try await service.get("/v1/apps/\(app.escaped)/credentials")["items"])
                }
                Terminal.progress(
                    "\(rotation["kind"].cell) \(rotation["credential"].cell): \(rotation["step"].cell), "
                        + "accepted \(rotation["seen"].cell) of \(rotation["needed"].cell) times "
                        + rotation["fault"]["detail"].cell)
                try await Task.sleep(for: .milliseconds(250))
            }
        }
        guard rotation["step"].string == "done" else {
            throw RotationFailed(detail: rotation["fault"]["detail"].cell)
        }
        let use =
            switch rotation["purpose"].cell {
            case "replace": "used first; the one it replaces is retired later, see RETIRES"
            case "drill": "used first; nothing is retired"
            default: "ready"
            }
        Terminal.say(
            "tenantry: \(rotation["kind"].cell) \(rotation["credential"].cell) was accepted "
                + "\(rotation["seen"].cell) times in a row and is \(use)")
        try output.print(credentials, CredentialCommand.columns)
    }

    /// Whether a command that was interrupted had begun the very same.
    private func wasBegun(_ service: ServiceClient, _ path: String) async throws -> Bool {
        guard let make else { return false }
        do {
            let rotation = try await service.get(path)
            return Self.isUnderWay(rotation) && rotation["kind"].string == make
                && rotation["purpose"].string == purpose
        } catch let refusal as ServiceRefusal where refusal.status == 404 {
            // None yet; an app that is not known is refused by what comes next.
            return false
        }
    }

    private static func isUnderWay(_ rotation: JSONValue) -> Bool {
        ["adding", "observing"].contains(rotation["step"].cell)
    }

    private func body(_ credential: [String: JSONValue], _ access: JSONValue) -> [String: JSONValue] {
        [
            "purpose": .string(purpose), "make": make.json,
            "credential": make == nil ? .object(credential) : .null,
            "life_s": life.map { .number(.init($0.seconds)) } ?? .null,
            "overlap_s": overlap.map { .number(.init($0.seconds)) } ?? .null, "access": access,
        ].compact
    }
}

/// The new credential was not put to use.
private struct RotationFailed: ExplainedError {
    let detail: String

    var problem: Problem {
        Problem(
            .failure, code: "rotation_failed",
            detail: "The new credential was not put to use; what was preferred still is. \(detail)",
            nextStep: "Mend that and run the command again.")
    }
}
