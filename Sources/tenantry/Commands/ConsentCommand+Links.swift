import ArgumentParser
import FoundationEssentials
import Tenancy

extension ConsentCommand {
    struct Link: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a link for the customer's administrator.",
            discussion: """
                The link opens a page that says who asks and for what, and leads to Microsoft. Reading it, forwarding \
                it or saying no uses nothing up; a yes does.

                A consent asks for everything that is registered. What the tenant has granted and the registration no \
                longer asks for would be taken back by it; then the link is refused unless --allow-narrowing says so.

                With --selector there is a link for each tenant; exit code 5 says that some could get none.

                Examples:
                  tenantry consent link contoso.com
                  tenantry consent link contoso.com --mail
                  tenantry consent link contoso.com --expires 2d -o json
                  tenantry consent link -l 'ring=canary,state=none' --dry-run
                  tenantry consent link -l 'ring=canary,state=none' --yes -o csv > links.csv
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var bulk: BulkOptions
        @Argument(help: "The tenant's GUID or domain, unless there is a selector.") var tenant: String?
        @Option(help: "The app, when there are several.") var app: String?
        @Option(help: "How long the link lives: 90m, 12h, 7d.") var expires: TimeSpan?
        @Flag(help: "Print a text to copy into a mail.") var mail = false
        @Flag(help: "Make it though a consent would take granted permissions back.") var allowNarrowing = false

        func run() async throws {
            let body: [String: JSONValue] = [
                "app": app.json, "expires_in_s": expires.map { .number(Decimal($0.seconds)) } ?? .null,
                "allow_narrowing": allowNarrowing ? .bool(true) : .null,
            ].compact
            guard try !bulk.meansMany(besides: tenant), let tenant else {
                guard !mail, !allowNarrowing else {
                    throw UsageError(
                        "--mail and --allow-narrowing are for one tenant.", "Leave them away, or name the tenant.")
                }
                return try await bulk.carryOut(
                    body.merging(["action": .string("link")]) { $1 }, over: connection, output,
                    columns: ConsentCommand.bulkLinkColumns)
            }
            let link = try await connection.withService {
                try await $0.post("/v1/tenants/\(tenant.escaped)/consent-links", body)
            }
            guard output.format == .table else {
                let columns = ["tenant", "app", "release", "link", "admin_consent_url", "expires_at", "would_remove"]
                return try output.print(link, columns.map { Column($0, $0) })
            }
            if mail {
                Terminal.print("Subject: \(link["mail"]["subject"].cell)\n\n\(link["mail"]["body"].cell)")
            } else {
                Terminal.print(link["link"].cell)
            }
            Terminal.say(
                "tenantry: send it to the customer; it can be answered until \(link["expires_at"].cell)")
        }
    }

    struct Links: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the links of a tenant, newest first; open ones can be sent again.",
            discussion: "Examples:\n  tenantry consent links contoso.com\n  tenantry consent links contoso.com -o json")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The tenant's GUID or domain.") var tenant: String
        @Option(help: "The app, when there are several.") var app: String?

        func run() async throws {
            let links = try await connection.withService {
                try await $0.get("/v1/tenants/\(tenant.escaped)/consent-links" + app.query("app"))
            }
            try output.print(links["items"], ConsentCommand.linkColumns)
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an open link back: nobody can answer it any more.",
            discussion: "Examples:\n  tenantry consent cancel k5dw…  # the id, as `consent links` lists it")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The link's id, or its address.") var link: String

        func run() async throws {
            let id = link.split(separator: "/").last.map(String.init) ?? link
            let ended = try await connection.withService {
                try await $0.post("/v1/consent-links/\(id.escaped)/cancel", [String: JSONValue]())
            }
            try output.print(ended, ConsentCommand.linkColumns)
        }
    }

    struct DismissConflict: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a conflict: what another tenant answered counts for nothing.",
            discussion: """
                A link is made for one tenant. When another one answers, neither is changed until you have looked: \
                `consent links` says which one answered. If the customer really works in that tenant, add it with \
                `tenant add` and make a link for it.

                Examples:
                  tenantry consent dismiss-conflict contoso.com
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The tenant's GUID or domain.") var tenant: String
        @Option(help: "The app, when there are several.") var app: String?

        func run() async throws {
            let status = try await connection.withService {
                try await $0.post(
                    "/v1/tenants/\(tenant.escaped)/consent/dismiss-conflict", ["app": app.json].compact)
            }
            try output.print(status, ConsentCommand.columns)
        }
    }

    fileprivate static let bulkLinkColumns = [
        Column("tenant", "tenant"), Column("name", "name"), Column("link", "link"),
        Column("expires_at", "expires_at"), Column("refused", "detail"),
    ]

    fileprivate static let linkColumns = [
        Column("id", "id"), Column("release", "release"), Column("state", "state"), Column("outcome", "outcome"),
        Column("answered", "answered_at"), Column("named", "named"), Column("expires", "expires_at"),
        Column("link", "link"),
    ]
}
