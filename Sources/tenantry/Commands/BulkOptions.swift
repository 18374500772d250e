import ArgumentParser
import Tenancy

/// Flags of a command that may be carried out for many tenants at once: the service shows whom it means first, and
/// then carries out that and nothing else.
struct BulkOptions: ParsableArguments {
    @OptionGroup var selection: SelectorOption
    @Flag(help: "With --selector: say whom it means, print the plan's id, and change nothing.") var dryRun = false
    @Option(help: "Carry out this plan and no other, by the id that --dry-run printed. It is good for 15 minutes.")
    var plan: String?
    @Flag(help: "Do not ask.") var yes = false

    /// Whether many are meant, and not one by name.
    func meansMany(besides tenant: String?) throws(UsageError) -> Bool {
        let isMany = selection.selector != nil || plan != nil
        guard isMany != (tenant != nil) else {
            throw UsageError(
                isMany ? "Both a tenant and a selector are given." : "No tenant is given.",
                "Name one tenant, or give --selector.")
        }
        guard isMany || !dryRun else {
            throw UsageError("A dry run is for several tenants.", "Give --selector in the place of the tenant.")
        }
        return isMany
    }

    /// Plans and, where that was agreed to, carries out.
    ///
    /// - Parameter action: the wish without its selector.
    /// - Throws: ``UsageError`` where nobody agrees; exit code 5 when some tenants were refused, after printing.
    func carryOut(
        _ action: [String: JSONValue], over connection: ConnectionOptions, _ output: OutputOptions, columns: [Column]
    ) async throws {
        let wish = action.merging(["selector": selection.selector.json].compact) { $1 }.compact
        let (named, dryRun, yes) = (plan, dryRun, yes)
        let reply = try await connection.withService(working: .operations) { service in
            var id = named
            if id == nil {
                let plan = try await service.post("/v1/bulk/plans", wish)
                if dryRun { return BulkReply.preview(plan) }
                if plan["count"].int == 0 { return BulkReply.nobody }
                if !yes { try Self.ask(about: plan) }
                id = plan["plan_id"].string
            }
            let started = try await service.post("/v1/bulk/plans/\((id ?? "").escaped)/apply", wish)
            return BulkReply.done(try await service.follow(started))
        }
        try print(reply, output, columns)
    }

    private static func ask(about plan: JSONValue) throws(UsageError) {
        if Terminal.isAttended {
            Terminal.say("\(plan["action"]["action"].cell): \(plan["count"].cell) tenant(s):")
            for tenant in plan["sample"].rows { Terminal.say("  \(tenant["id"].cell)  \(tenant["name"].cell)") }
            if (plan["count"].int ?? 0) > plan["sample"].rows.count { Terminal.say("  …") }
        }
        guard Terminal.agrees("Carry this out? Type yes: ", to: "yes") else {
            throw UsageError(
                "Nothing was changed; \(plan["count"].cell) tenant(s) are meant.",
                "Look with --dry-run, then use --yes or --plan.")
        }
    }

    private func print(_ reply: BulkReply, _ output: OutputOptions, _ columns: [Column]) throws {
        switch reply {
        case .nobody:
            if output.format == .json { try output.print(.array([]), columns) }
            Terminal.say("tenantry: the selector means no tenant; there is nothing to do")
        case .preview(let plan):
            if output.format == .json { return try output.print(plan, []) }
            try output.print(plan["sample"], [Column("tenant", "id"), Column("name", "name")])
            let rest = (plan["count"].int ?? 0) - plan["sample"].rows.count
            Terminal.say(
                "tenantry: \(plan["action"]["action"].cell): \(plan["count"].cell) tenant(s)"
                    + (rest > 0 ? ", of which \(rest) are not shown" : ""))
            Terminal.say("tenantry: plan \(plan["plan_id"].cell), until \(plan["expires_at"].cell)")
        case .done(let result):
            try output.print(result["rows"], columns)
            Terminal.say(
                "tenantry: \(result["changed"].cell) done, \(result["unchanged"].cell) as they were, "
                    + "\(result["refused"].cell) refused")
            if result["refused"].int ?? 0 > 0 { throw ExitCode(5) }
        }
    }

    static let columns = [
        Column("tenant", "tenant"), Column("name", "name"), Column("outcome", "outcome"), Column("detail", "detail"),
    ]
}

private enum BulkReply: Sendable {
    case nobody
    case preview(JSONValue)
    case done(JSONValue)
}
