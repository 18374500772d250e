package import Logging

/// How an emulator is to run.
package struct EmulatorConfiguration: Sendable {
    package var scenario: Scenario
    package var login: ListenAddress
    package var graph: ListenAddress
    /// Loopback only.
    package var control: ListenAddress
    /// Where to write the CA certificate, `nil` for nowhere.
    package var caFile: String?
    package var clock: WallClock
    /// Keys to sign tokens with, `nil` for new ones.
    package var keys: SigningKeys?
    package var chaos: ChaosConfiguration
    package var logger: Logger

    /// - Parameters:
    ///   - login: default `127.0.0.1` at a free port; so are the others.
    ///   - caFile: written atomically before the listeners answer.
    ///   - chaos: default no variation, and the scenario's trouble.
    package init(
        scenario: Scenario = .empty, login: ListenAddress = ListenAddress(host: "127.0.0.1", port: 0),
        graph: ListenAddress = ListenAddress(host: "127.0.0.1", port: 0),
        control: ListenAddress = ListenAddress(host: "127.0.0.1", port: 0), caFile: String? = nil,
        clock: WallClock = .system, keys: SigningKeys? = nil, chaos: ChaosConfiguration? = nil, logger: Logger
    ) {
        self.scenario = scenario
        self.login = login
        self.graph = graph
        self.control = control
        self.caFile = caFile
        self.clock = clock
        self.keys = keys
        self.chaos = chaos ?? ChaosConfiguration(trouble: scenario.trouble)
        self.logger = logger
    }
}
