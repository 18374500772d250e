import ArgumentParser

/// Our side of `Resources/scripts/bench tokens`; `measure.py` beside this file runs it and its peers in turn.
@main
struct TokenBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token-bench",
        abstract: "Measures the token engine, one block of work for each line of standard input.",
        subcommands: [
            HitsCommand.self, ColdCommand.self, AuthorityCommand.self, StoreCommand.self, LivesCommand.self,
        ])
}
