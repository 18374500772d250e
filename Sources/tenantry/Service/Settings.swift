import ArgumentParser
import Configuration
import FoundationEssentials
import SystemPackage
import Tenancy
import Yams

/// Where the data directory is and how to reach a service: flags of every command.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .customLong("data"), help: "The data directory. (default: $TENANTRY_DATA, else ~/.local/share/tenantry)")
    var data: String?

    @Option(name: .customLong("key-file"), help: "The file with the sealing key, when it is not in the data directory.")
    var keyFile: String?

    @Option(help: "Speak to the service at this URL instead. The API key comes from $TENANTRY_API_KEY.")
    var server: String?

    @Option(help: "PEM file with a further certificate authority to trust, for --server.")
    var caFile: String?
}

/// What the configuration file and the environment say. Flags go before both.
struct Settings: Sendable {
    let keyFile: String?
    let publicURL: String?
    let publicAddress: String?
    let apiAddress: String?
    let authority: String?
    let graph: String?
    let caFile: String?
    let proxy: String?
    /// The public client that administrators sign in to.
    let signInClient: String?
    let logLevel: String?
    let tokens: TokenSettings
    /// How many tenants are looked at in a minute though nobody waits for it.
    let rechecksPerMinute: Int
    /// Whether webhooks may go to addresses that are not public.
    let allowsPrivateWebhooks: Bool
    let webhookProxy: String?

    /// Reads `tenantry.yaml` of the data directory and `TENANTRY_*`, the environment first.
    ///
    /// - Throws: ``UsageError`` when the file is not YAML.
    static func read(from directory: String, environment: [String: String]) async throws -> Settings {
        let file = directory + "/tenantry.yaml"
        let variables = EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "tenantry")
        var providers: [any ConfigProvider] = [variables]
        do {
            if try hasContent(file) {
                providers.append(try await FileProvider<YAMLSnapshot>(filePath: FilePath(file)))
            }
        } catch let error as UsageError {
            throw error
        } catch {
            throw UsageError(
                "The settings in '\(file)' cannot be read.",
                "Mend the YAML; see Resources/Configuration for an example.")
        }
        let config = ConfigReader(providers: providers)
        return Settings(
            keyFile: config.string(forKey: "key_file"), publicURL: config.string(forKey: "public_url"),
            publicAddress: config.string(forKey: "listen.public"),
            apiAddress: config.string(forKey: "listen.api"), authority: config.string(forKey: "entra.authority"),
            graph: config.string(forKey: "entra.graph"), caFile: config.string(forKey: "entra.ca_file"),
            proxy: config.string(forKey: "entra.proxy"), signInClient: config.string(forKey: "entra.sign_in_client"),
            logLevel: config.string(forKey: "log_level"), tokens: try TokenSettings(config),
            rechecksPerMinute: try config.whole(
                "consent.rechecks_per_minute", in: 1...60_000, else: RecheckBudget.defaultRate),
            allowsPrivateWebhooks: try flag("webhooks.allow_private", config.string(forKey: "webhooks.allow_private")),
            webhookProxy: config.string(forKey: "webhooks.proxy"))
    }

    private static let known = Set<String>([
        "key_file", "public_url", "listen.public", "listen.api", "entra.authority", "entra.graph", "entra.ca_file",
        "entra.proxy", "entra.sign_in_client", "log_level", "consent.rechecks_per_minute", "webhooks.allow_private",
        "webhooks.proxy",
    ]).union(TokenSettings.names)

    /// - Throws: ``UsageError`` for anything but true and false: what guards the network is not guessed.
    private static func flag(_ name: String, _ text: String?) throws(UsageError) -> Bool {
        switch text?.lowercased() {
        case nil, "false", "no", "0": return false
        case "true", "yes", "1": return true
        case let text?: throw UsageError("The setting \(name) = '\(text)' is neither.", "Write true or false.")
        }
    }

    /// Whether the file says anything: one that is missing, empty or all comments is no mapping.
    ///
    /// - Throws: ``UsageError`` for a key that has no meaning. A misspelt authority must not send an app's secret to
    ///   another one.
    private static func hasContent(_ file: String) throws -> Bool {
        guard FileManager.default.fileExists(atPath: file) else { return false }
        let text = String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
        guard let node = try Yams.compose(yaml: text) else { return false }
        for name in names(in: node) where !known.contains(name) {
            throw UsageError("The setting '\(name)' in '\(file)' has no meaning.", "Correct or remove it.")
        }
        guard node.mapping != nil || node.null != nil else {
            throw UsageError("The settings in '\(file)' are no list of keys.", "Write them as key: value.")
        }
        return node.mapping != nil
    }

    /// The dotted names of every scalar.
    private static func names(in node: Node, below prefix: String = "") -> [String] {
        guard let mapping = node.mapping else { return prefix.isEmpty ? [] : [prefix] }
        return mapping.flatMap { key, value in
            names(in: value, below: (prefix.isEmpty ? "" : prefix + ".") + (key.string ?? "?"))
        }
    }
}

extension ConnectionOptions {
    /// The key file when it lies outside the data directory; `nil` when it lies in it.
    func keyFile(_ settings: Settings) -> String? { keyFile ?? settings.keyFile }

    /// The data directory: flag, environment, default.
    func directory(_ environment: [String: String]) -> String {
        if let named = data ?? environment["TENANTRY_DATA"] {
            return named.hasPrefix("/") ? named : FileManager.default.currentDirectoryPath + "/" + named
        }
        let base =
            environment["XDG_DATA_HOME"] ?? (environment["HOME"] ?? ".") + "/.local/share"
        return base + "/tenantry"
    }
}
