import ArgumentParser
import Tenancy

/// Commands that hold a registration to its spec.
extension AppCommand {
    private static let stepColumns = [Column("change", "change"), Column("detail", "detail")]

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the exact difference between a spec and the directory. Changes nothing.",
            discussion: """
                The spec: Resources/Configuration/app.example.yaml, every key explained.

                Examples:
                  tenantry app plan -f app.yaml --sign-in
                  tenantry app plan -f app.yaml --as registrar -o json
                  tenantry app plan -f app.yaml --offline    # the spec's own rules only
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var directory: DirectoryOptions
        @Option(name: .shortAndLong, help: "The spec, YAML; - for standard input.") var file: String
        @Flag(help: "Also grant admin consent in the home tenant.") var grant = false
        @Flag(help: "Check the spec without a directory.") var offline = false

        func run() async throws {
            let spec = try SpecFile(file)
            if offline {
                let reply = try await connection.withService { service in
                    try await spec.explaining { try await service.post("/v1/registrations/check", ["spec": spec.json]) }
                }
                if output.format == .json { return try output.print(reply, []) }
                for note in reply["notes"].rows { Terminal.say("tenantry: \(note.cell)") }
                return Terminal.say(
                    "tenantry: the spec of '\(reply["app"].cell)' is sound, as far as it can be told offline")
            }
            let plan = try await connection.withService { service in
                try await directory.withAccess(service, at: spec.place, granting: grant) { access in
                    try await spec.plan(service, access, granting: grant)
                }
            }
            try AppCommand.show(plan, output)
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the directory what the spec says: create or change the registration, nothing else.",
            discussion: """
                Whatever interrupts it, run it again: it goes on where it stopped, and never makes a second \
                application. The app's permissions become release 1, published; later changes become a draft, see \
                `tenantry release`. It creates no credential: see `tenantry credential add`.

                Examples:
                  tenantry app apply -f app.yaml --sign-in
                  tenantry app apply -f app.yaml --as registrar --yes
                  tenantry app apply -f app.yaml --sign-in --grant    # consents at home too
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var directory: DirectoryOptions
        @Option(name: .shortAndLong, help: "The spec, YAML; - for standard input.") var file: String
        @Flag(help: "Also grant admin consent in the home tenant.") var grant = false
        @Option(help: "Carry out this plan and no other, by the id that `tenantry app plan` printed.") var plan: String?
        @Flag(help: "Do not ask.") var yes = false

        func run() async throws {
            let spec = try SpecFile(file)
            let (yes, wantedPlan, grant) = (yes, plan, grant)
            let result = try await connection.withService(working: .operations) { service in
                try await directory.withAccess(service, at: spec.place, granting: grant) { access in
                    let plan = try await spec.plan(service, access, granting: grant)
                    let steps = plan["steps"].rows
                    for warning in plan["warnings"].rows { Terminal.say("tenantry: mind: \(warning.cell)") }
                    let mustAsk = !steps.isEmpty && !yes && wantedPlan == nil
                    if mustAsk {
                        if Terminal.isAttended { for step in steps { Terminal.say("  \(step["detail"].cell)") } }
                        guard Terminal.agrees("Carry this out? Type yes: ", to: "yes") else {
                            throw UsageError("Nothing was changed.", "Type yes, or use --yes or --plan.")
                        }
                    }
                    // A directory that lags may show another difference a moment later; that matters to whoever saw one.
                    let agreed = wantedPlan ?? (mustAsk ? plan["plan_id"].cell : nil)
                    let body: [String: JSONValue] = [
                        "spec": spec.json, "access": access, "grant": .bool(grant), "plan_id": agreed.json,
                    ].compact
                    let result = try await spec.explaining {
                        try await service.follow(try await service.post("/v1/registrations/apply", body))
                    }
                    try await Self.tellDraft(of: result["app"]["name"].cell, service)
                    return result
                }
            }
            if result["plan"]["steps"].rows.isEmpty {
                Terminal.say("tenantry: there is nothing to do: the directory is as the spec says")
            }
            try output.print(output.format == .json ? result : result["app"], AppCommand.columns)
        }

        /// Customers are asked for the published release, whatever was applied.
        private static func tellDraft(of app: String, _ service: ServiceClient) async throws {
            let releases = try await service.get("/v1/apps/\(app.escaped)/releases")["items"].rows
            guard let draft = releases.last, draft["state"].string == "draft" else { return }
            Terminal.say(
                "tenantry: release \(draft["number"].cell) is a draft; customers are asked for it after "
                    + "`tenantry release publish \(app)`, see `tenantry release diff \(app)`")
        }
    }

    struct Drift: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare the directory with the spec that was applied last. Exit code 7 when they differ.",
            discussion:
                "Examples:\n  tenantry app drift fleet --as registrar\n  tenantry app drift fleet --sign-in -o json")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var directory: DirectoryOptions
        @Argument(help: "The app's name.") var name: String

        func run() async throws {
            let name = name
            let plan = try await connection.withService { service in
                try await directory.withAccess(service, at: ["app": .string(name)]) { access in
                    try await service.post("/v1/apps/\(name.escaped)/drift", ["access": access].compact)
                }
            }
            try AppCommand.show(plan, output)
            if !plan["steps"].rows.isEmpty { throw ExitCode(7) }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the registration as commands for those who may not use these.",
            discussion: """
                Examples:
                  tenantry app export -f app.yaml --to az > register.sh
                  tenantry app export fleet --to powershell > register.ps1
                  tenantry app export fleet --to terraform > app.tf
                """)
        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "The app's name: its spec as it was applied last.") var name: String?
        @Option(name: .shortAndLong, help: "A spec, YAML, in the place of the name; - for standard input.")
        var file: String?
        @Option(name: .customLong("to"), help: "az, powershell or terraform.") var target: String

        func run() async throws {
            guard (name == nil) != (file == nil) else {
                throw UsageError("Exactly one registration is needed.", "Give the app's name, or a spec with -f.")
            }
            let spec = try file.map { (path) throws(UsageError) in try SpecFile(path) }
            let body = ["to": .string(target), "app": name.json, "spec": spec?.json ?? .null].compact
            let reply = try await connection.withService { service in
                guard let spec else { return try await service.post("/v1/registrations/export", body) }
                return try await spec.explaining { try await service.post("/v1/registrations/export", body) }
            }
            Terminal.printVerbatim(reply["text"].cell)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a registration, here and in the directory, after saying what stops working.",
            discussion: """
                The directory keeps it restorable for 30 days; what is remembered here is gone, but for the audit log.

                Examples:
                  tenantry app delete fleet --dry-run
                  tenantry app delete fleet --sign-in
                  tenantry app delete fleet --keep-in-directory --yes
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var directory: DirectoryOptions
        @Argument(help: "The app's name.") var name: String
        @Flag(help: "Only forget it here.") var keepInDirectory = false
        @Flag(help: "Say what would stop working, and change nothing.") var dryRun = false
        @Flag(help: "Do not ask.") var yes = false

        func run() async throws {
            let (name, yes, dryRun) = (name, yes, dryRun)
            let path = "/v1/apps/\(name.escaped)/deletion"
            let keep: [String: JSONValue] = keepInDirectory ? ["keep_in_directory": .bool(true)] : [:]
            let reply = try await connection.withService { service in
                let preview = try await service.post(path, keep)
                Terminal.say(
                    "tenantry: without app '\(name)', \(preview["tenant_count"].cell) tenant(s) stop working"
                        + (preview["tenants"].rows.isEmpty ? "" : ":"))
                for tenant in preview["tenants"].rows.prefix(20) {
                    Terminal.say("  \(tenant["id"].cell)  \(tenant["name"].cell)")
                }
                if preview["tenants"].rows.count > 20 { Terminal.say("  … -o json names them all") }
                if dryRun { return preview }
                if !yes, !Terminal.agrees("Type the app's name to delete it: ", to: name) {
                    throw UsageError("Nothing was deleted.", "Type the name, or use --yes.")
                }
                return try await directory.withAccess(service, at: ["app": .string(name)]) { access in
                    try await service.post(
                        path, keep.merging(["confirm": .string(name), "access": access].compact) { $1 })
                }
            }
            if output.format != .table {
                return try output.print(reply, [Column("app", "app"), Column("tenants", "tenant_count")])
            }
            if reply["deleted"] == .bool(true) { Terminal.say("tenantry: app '\(name)' is deleted") }
        }
    }

    fileprivate static func show(_ plan: JSONValue, _ output: OutputOptions) throws {
        for warning in plan["warnings"].rows { Terminal.say("tenantry: mind: \(warning.cell)") }
        if output.format == .json { return try output.print(plan, []) }
        if plan["steps"].rows.isEmpty { return Terminal.say("tenantry: there is nothing to do") }
        try output.print(plan["steps"], stepColumns)
        Terminal.say("tenantry: plan \(plan["plan_id"].cell)")
    }
}

extension SpecFile {
    /// Where to sign in.
    var place: [String: JSONValue] {
        ["home_tenant": json["home_tenant"], "cloud": json["cloud"]].compact
    }

    func plan(_ service: ServiceClient, _ access: JSONValue, granting: Bool) async throws -> JSONValue {
        let body: [String: JSONValue] = ["spec": json, "access": access, "grant": .bool(granting)].compact
        return try await explaining { try await service.post("/v1/registrations/plan", body) }
    }

    /// Runs the body; a refusal that is about the spec names its line.
    func explaining<Result>(_ body: () async throws -> Result) async throws -> Result {
        do { return try await body() } catch let refusal as ServiceRefusal { throw placing(refusal) }
    }
}
