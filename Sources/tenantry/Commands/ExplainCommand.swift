import ArgumentParser
import FoundationEssentials
import Tenancy

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what an AADSTS code means to a daemon app, who must act, and what cures it.",
        discussion: """
            Needs no data directory and no network.

            Examples:
              tenantry explain AADSTS7000222
              tenantry explain 7000229 -o json
            """)
    @OptionGroup var output: OutputOptions
    @Argument(help: "The code, with or without AADSTS.") var code: String

    func run() async throws {
        guard let number = AuthorityCode.parse(code) else {
            throw UsageError("'\(code)' is no AADSTS code.", "Write it as in AADSTS7000222.")
        }
        guard let entry = AuthorityCode.lookUp(number) else { throw UnknownCode(number: number) }
        let value = JSONValue.object([
            "code": .string("AADSTS\(number)"), "class": .string(entry.class.rawValue),
            "meaning": .string(entry.meaning), "who_must_act": .string(entry.whoMustAct.rawValue),
            "remedy": .string(entry.remedy),
        ])
        guard output.format == .table else {
            return try output.print(
                value, ["code", "class", "meaning", "who_must_act", "remedy"].map { Column($0, $0) })
        }
        Terminal.print("AADSTS\(number): \(entry.meaning)")
        Terminal.print("Who must act: \(entry.whoMustAct.rawValue)")
        Terminal.print("Next: \(entry.remedy)")
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
