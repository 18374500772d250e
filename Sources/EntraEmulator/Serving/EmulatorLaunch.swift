import Dispatch
import FoundationEssentials
import Logging
@preconcurrency import Glibc

/// One run of the emulator as a process: from the words on the command line to the exit code.
package struct EmulatorLaunch: Sendable {
    private let scenarioFile: String?
    private let login: String
    private let graph: String
    private let control: String
    private let caFile: String?
    private let readyFile: String?
    private let chaosSeed: UInt32?
    private let isVarying: Bool
    private let trouble: Double?
    private let consentTrouble: Double?
    private let isQuiet: Bool

    /// - Parameters:
    ///   - login: `host:port`, as are `graph` and `control`.
    ///   - readyFile: gets the line that is printed on standard output, written atomically.
    ///   - chaosSeed: `nil` for one that is drawn.
    ///   - trouble: the share of requests that fail, `nil` for the scenario's; so is `consentTrouble`.
    package init(
        scenarioFile: String?, login: String, graph: String, control: String, caFile: String?, readyFile: String?,
        chaosSeed: UInt32? = nil, isVarying: Bool = true, trouble: Double? = nil, consentTrouble: Double? = nil,
        isQuiet: Bool
    ) {
        self.scenarioFile = scenarioFile
        self.login = login
        self.graph = graph
        self.control = control
        self.caFile = caFile
        self.readyFile = readyFile
        self.chaosSeed = chaosSeed
        self.isVarying = isVarying
        self.trouble = trouble
        self.consentTrouble = consentTrouble
        self.isQuiet = isQuiet
    }

    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Returns: 0 after a signal; 1 when it could not start, with one sentence on standard error.
    package func run() async -> Int32 {
        do {
            let configuration = try configuration()
            let emulator = try Emulator(configuration)
            let signals = TerminationSignals()
            defer { withExtendedLifetime(signals) {} }
            let stream = signals.stream
            try await emulator.run { addresses in
                try announce(addresses, configuration.logger)
                for await _ in stream { break }
                // Nothing is worth waiting for: all state ends with the process, and a client may hold a connection.
                exit(0)
            }
            return 0
        } catch {
            FileHandleText.writeError("entra-emulator: \(error)\n")
            return 1
        }
    }

    private func announce(_ addresses: EmulatorAddresses, _ logger: Logger) throws(EmulatorStartError) {
        logger.notice(
            "This is an emulator for tests, not Microsoft Entra ID. Never give it a real secret.",
            metadata: ["chaos_seed": "\(addresses.chaosSeed)"])
        if let readyFile { try Emulator.write(addresses.json + "\n", to: readyFile) }
        FileHandleText.writeOutput(addresses.json + "\n")
    }

    private func configuration() throws(EmulatorStartError) -> EmulatorConfiguration {
        var logger = Logger(label: "entra-emulator") { label in
            StreamLogHandler.standardError(label: label)
        }
        logger.logLevel = isQuiet ? .critical : .notice
        let scenario = try scenario()
        return EmulatorConfiguration(
            scenario: scenario, login: try address(login, option: "--login"),
            graph: try address(graph, option: "--graph"), control: try address(control, option: "--control"),
            caFile: caFile, chaos: try chaos(scenario.trouble), logger: logger)
    }

    private func chaos(_ described: Trouble) throws(EmulatorStartError) -> ChaosConfiguration {
        for (share, option) in [(trouble, "--trouble"), (consentTrouble, "--consent-trouble")] {
            guard share.map({ (0...1).contains($0) }) ?? true else {
                throw EmulatorStartError("\(option) must be a number from 0 to 1.")
            }
        }
        return ChaosConfiguration(
            seed: chaosSeed ?? Randomness.system.number(), isVarying: isVarying,
            trouble: Trouble(
                share: trouble ?? described.share, consentShare: consentTrouble ?? described.consentShare))
    }

    private func address(_ text: String, option: String) throws(EmulatorStartError) -> ListenAddress {
        guard let address = ListenAddress(text) else {
            throw EmulatorStartError("\(option) must be host:port, such as 127.0.0.1:0, not '\(text)'.")
        }
        return address
    }

    private func scenario() throws(EmulatorStartError) -> Scenario {
        guard let scenarioFile else { return .empty }
        guard let data = try? Data(contentsOf: URL(filePath: scenarioFile)) else {
            throw EmulatorStartError("The scenario \(scenarioFile) cannot be read.")
        }
        do {
            return try Scenario(json: Array(data))
        } catch {
            throw EmulatorStartError("The scenario \(scenarioFile) is malformed: \(error).")
        }
    }
}
