import ArgumentParser
import FoundationEssentials
import Tenancy

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what an error of Entra means or where a tenant stands, who must act, and what cures it.",
        discussion: """
            Takes an AADSTS code, an OAuth error, or a whole error reply as it was pasted; that needs no data directory \
            and no network. With --tenant it says why that tenant stands where it stands.

            When it is the customer's move, there is a message ready to be sent.

            Examples:
              tenantry explain AADSTS7000222
              tenantry explain invalid_client -o json
              tenantry explain '{"error":"unauthorized_client","error_codes":[700016]}'
              tenantry explain --tenant contoso.com
            """)
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The code, with or without AADSTS, or the error as it was pasted.") var text: [String] = []
    @Option(help: "A tenant's GUID or domain, to explain where it stands.") var tenant: String?
    @Option(help: "With --tenant: the app, when there are several.") var app: String?

    func validate() throws {
        guard text.isEmpty == (tenant != nil) else {
            throw ValidationError("Give either an error or --tenant, and not both.")
        }
        guard app == nil || tenant != nil else { throw ValidationError("--app belongs to --tenant.") }
    }

    func run() async throws {
        if let tenant { try await explain(tenant: tenant) } else { try explain(text: text.joined(separator: " ")) }
    }

    private func explain(text: String) throws {
        guard let explanation = Explanation.of(text: text) else {
            guard let number = AuthorityCode.parse(text) else {
                throw UsageError(
                    "There is no AADSTS code and no OAuth error in that.", "Write it as in AADSTS7000222.")
            }
            throw UnknownCode(number: number)
        }
        let message = explanation.customerMessage()
        let value = JSONValue.object(
            [
                "code": .string(explanation.code), "class": explanation.class.map { .string($0.rawValue) } ?? .null,
                "meaning": .string(explanation.meaning), "who_must_act": .string(explanation.whoMustAct.rawValue),
                "remedy": .string(explanation.remedy), "retryable": .bool(explanation.isRetryable),
                "customer_message": message.map { .string($0) } ?? .null,
            ].compact)
        guard output.format == .table else {
            let columns = ["code", "class", "meaning", "who_must_act", "remedy", "retryable", "customer_message"]
            return try output.print(value, columns.map { Column($0, $0) })
        }
        Terminal.print("\(explanation.code): \(explanation.meaning)")
        Terminal.print("Who must act: \(explanation.whoMustAct.rawValue)")
        Terminal.print("Next: \(explanation.remedy)")
        Terminal.print("Worth trying again: \(explanation.isRetryable ? "yes" : "no")")
        printMessage(message)
    }

    private func explain(tenant: String) async throws {
        let value = try await connection.withService {
            try await $0.get("/v1/tenants/\(tenant.escaped)/explanation" + app.query("app"))
        }
        guard output.format == .table else {
            let columns = [
                "tenant", "name", "tenant_state", "app", "state", "since", "meaning", "fault.detail", "cause.code",
                "who_must_act",
                "next_step", "customer_message",
            ]
            return try output.print(value, columns.map { Column($0, $0) })
        }
        Terminal.print("\(value["name"].cell) (\(value["tenant"].cell)), app \(value["app"].cell)")
        Terminal.print("State: \(value["state"].cell), since \(value["since"].cell). \(value["meaning"].cell)")
        if value["tenant_state"].cell != "active" {
            Terminal.print("The tenant is \(value["tenant_state"].cell): \(value["tenant_state_reason"].cell)")
        }
        if value["fault"] != .null { Terminal.print("Last: \(value["fault"]["detail"].cell)") }
        if value["cause"] != .null {
            Terminal.print("\(value["cause"]["code"].cell): \(value["cause"]["meaning"].cell)")
        }
        if let mover = value["who_must_act"].string { Terminal.print("Who must act: \(mover)") }
        Terminal.print("Next: \(value["next_step"].cell)")
        printMessage(value["customer_message"].string)
    }

    private func printMessage(_ message: String?) {
        if let message { Terminal.print("\nTo send to the customer:\n\(message)") }
    }

    private struct UnknownCode: ExplainedError {
        let number: Int
        var problem: Problem {
            Problem(
                .notFound, code: "code_unknown", detail: "AADSTS\(number) is not in this version's catalogue.",
                nextStep: "Look it up at https://login.microsoftonline.com/error?code=\(number).")
        }
    }
}
