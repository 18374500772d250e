import ArgumentParser
import Tenancy

/// How a command ends when it does not succeed: the words and the exit code.
struct CommandFailure {
    let code: Int32
    /// `nil` when everything was said before.
    let message: String?

    init(_ error: any Error) {
        switch error {
        case let error as ServiceRefusal:
            code = error.exitCode
            message = "tenantry: \(error.sentence)"
        case let error as SpecRefusal:
            code = error.refusal.exitCode
            message = "tenantry: \(error.place): \(error.refusal.sentence)"
        case let error as any ExplainedError:
            code = Self.code(for: error.problem.kind)
            message = "tenantry: \(error.description)"
        case is CancellationError:
            code = 130
            message = "tenantry: interrupted."
        default:
            let parserCode = Tenantry.exitCode(for: error)
            code = parserCode == .validationFailure ? 2 : parserCode.rawValue
            var text = Tenantry.fullMessage(for: error)
            if text.hasPrefix("Error: Unexpected argument") || text.contains(" unexpected arguments") {
                // It may be a secret that was typed by mistake, so it is not repeated.
                let usage = text.drop { !$0.isNewline }
                text = "Error: There is an argument too many. If it is a secret, consider it exposed." + usage
            }
            message = text.isEmpty ? nil : text
        }
    }

    private static func code(for kind: Problem.Kind) -> Int32 {
        switch kind {
        case .invalid: 2
        case .notFound: 3
        case .forbidden, .unauthenticated: 4
        case .conflict, .gone, .tooLarge, .upstream, .throttled, .unavailable, .failure: 1
        }
    }
}

/// A mistake in how a command was called, found before anything was sent.
struct UsageError: ExplainedError {
    let what: String
    let mend: String

    init(_ what: String, _ mend: String) {
        self.what = what
        self.mend = mend
    }

    var problem: Problem { Problem(.invalid, code: "usage", detail: what, nextStep: mend) }
}
