import ArgumentParser
import Tenancy

/// Commands that change tenants, one or many.
extension TenantCommand {
    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Call a customer by another name.",
            discussion: "Examples:\n  tenantry tenant update contoso.com --name 'Contoso Ltd'")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The tenant's GUID or domain.") var tenant: String
        @Option(help: "What to call the customer.") var name: String

        func run() async throws {
            let path = "/v1/tenants/\(tenant.escaped)"
            let name = name
            let updated = try await connection.withService { try await $0.patch(path, ["name": .string(name)]) }
            try output.print(updated, TenantCommand.columns)
        }
    }

    struct Tag: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set tags, and take tags away.",
            discussion: """
                key=value sets a tag, key- takes it away; other tags stay. For many tenants at once: look with --dry-run, \
                then carry that plan out. It is refused when the selector means other tenants by then.

                Examples:
                  tenantry tenant tag contoso.com ring=canary trial-
                  tenantry tenant tag --selector 'plan=gold,!ring' ring=late --dry-run
                  tenantry tenant tag --selector 'plan=gold,!ring' ring=late --plan 06fn…
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var bulk: BulkOptions
        @Argument(help: "The tenant, unless there is a selector; then key=value to set, key- to take away.")
        var words: [String] = []

        func run() async throws {
            let isNamed = words.first.map { !$0.contains("=") && !$0.hasSuffix("-") } ?? false
            let isMany = try bulk.meansMany(besides: isNamed ? words[0] : nil)
            let (set, remove) = try Self.edit(words.dropFirst(isNamed ? 1 : 0))
            guard !isMany else {
                return try await bulk.carryOut(
                    ["action": .string("tag"), "set": set, "remove": remove], over: connection, output,
                    columns: BulkOptions.columns)
            }
            let path = "/v1/tenants/\(words[0].escaped)"
            let tagged = try await connection.withService {
                try await $0.patch(path, ["set_tags": set, "remove_tags": remove])
            }
            try output.print(tagged, TenantCommand.columns)
        }

        private static func edit(_ words: ArraySlice<String>) throws(UsageError) -> (JSONValue, JSONValue) {
            var set: [String: JSONValue] = [:]
            var remove: [JSONValue] = []
            for word in words {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                if parts.count == 2, set.updateValue(.string(parts[1]), forKey: parts[0]) == nil { continue }
                guard parts.count == 1, word.hasSuffix("-"), word.count > 1 else {
                    throw UsageError("The tags cannot be used.", "Write each once, key=value to set, key- to remove.")
                }
                remove.append(.string(String(word.dropLast())))
            }
            guard !words.isEmpty else {
                throw UsageError("No tag is given.", "Write key=value to set a tag, key- to take it away.")
            }
            return (.object(set), .array(remove))
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run no jobs for a tenant, until it is resumed.",
            discussion: """
                Jobs skip it, with the reason `tenant_paused`, those that run already too. Consent is looked after as \
                before, and an explicit `tenantry token get` still hands its token out.

                Examples:
                  tenantry tenant pause contoso.com --reason 'migrates until Monday'
                  tenantry tenant pause --selector plan=trial --reason 'trial is over' --dry-run
                """)
        @OptionGroup var wish: StateWish
        @Argument(help: "The tenant's GUID or domain, unless there is a selector.") var tenant: String?

        func run() async throws { try await wish.carryOut(.pause, tenant) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run jobs for a tenant again.",
            discussion: """
                Examples:
                  tenantry tenant resume contoso.com
                  tenantry tenant resume --selector tenant.state=paused --yes
                """)
        @OptionGroup var wish: StateWish
        @Argument(help: "The tenant's GUID or domain, unless there is a selector.") var tenant: String?

        func run() async throws { try await wish.carryOut(.resume, tenant) }
    }

    struct Quarantine: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run no jobs for a tenant until somebody has understood what is wrong with it.",
            discussion: """
                As a pause, but it says that something is wrong, and so takes a --reason. Jobs skip the tenant with the \
                reason `tenant_quarantined`; an explicit `tenantry token get` still hands its token out, for whoever \
                looks into it. `tenantry tenant resume` ends it.

                Examples:
                  tenantry tenant quarantine contoso.com --reason 'writes into the wrong mailbox, case 4711'
                """)
        @OptionGroup var wish: StateWish
        @Argument(help: "The tenant's GUID or domain, unless there is a selector.") var tenant: String?

        func run() async throws { try await wish.carryOut(.quarantine, tenant) }
    }

    /// What the commands that change a tenant's state have in common.
    struct StateWish: ParsableArguments {
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var bulk: BulkOptions
        @Option(help: "Why, in one sentence.") var reason: String?

        enum Verb: String { case pause, resume, quarantine }

        func carryOut(_ verb: Verb, _ tenant: String?) async throws {
            guard try !bulk.meansMany(besides: tenant), let tenant else {
                return try await bulk.carryOut(
                    ["action": .string(verb.rawValue), "reason": reason.json].compact, over: connection, output,
                    columns: BulkOptions.columns)
            }
            let state = [Verb.pause: "paused", .resume: "active", .quarantine: "quarantined"][verb]
            let body = ["state": state.json, "reason": reason.json].compact
            let changed = try await connection.withService {
                try await $0.post("/v1/tenants/\(tenant.escaped)/state", body)
            }
            try output.print(changed, TenantCommand.columns)
        }
    }

    struct Timeline: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what happened to a tenant, the newest last.",
            discussion:
                "Examples:\n  tenantry tenant timeline contoso.com\n  tenantry tenant timeline contoso.com -o json")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The tenant's GUID or domain.") var tenant: String

        func run() async throws {
            let path = "/v1/tenants/\(tenant.escaped)/timeline"
            try output.print(
                try await connection.withService { try await $0.all(path) },
                [
                    Column("at", "at"), Column("event", "type"), Column("app", "app"), Column("by", "actor"),
                    Column("detail", "detail"),
                ])
        }
    }
}
