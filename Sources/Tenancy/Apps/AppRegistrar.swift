package import FoundationEssentials

/// A credential as it was brought: bytes of a file or a secret.
package enum BroughtCredential: Sendable {
    case secret(Secret<String>)
    /// Certificate and private key, PEM, in any order.
    case pem(Secret<[UInt8]>, passphrase: Secret<String>?)
    case pkcs12(Secret<[UInt8]>, passphrase: Secret<String>?)
}

/// Reads certificates. Keeps the cryptography out of this module.
package protocol CredentialReader: Sendable {
    /// Checks that the key belongs to the certificate and that both are fit for Entra at that instant.
    func read(
        _ credential: BroughtCredential, at instant: Date
    ) throws(RegistrationError) -> (ClientCredential, CredentialSummary)
}

/// Everything that makes an existing Entra registration known here.
package struct AppSpec: Sendable {
    package var name: String
    package var displayName: String
    package var clientID: String
    package var cloud: Cloud
    package var redirectURI: String
    package var permissions: [Permission]

    package init(
        name: String, displayName: String, clientID: String, cloud: Cloud, redirectURI: String,
        permissions: [Permission]
    ) {
        self.name = name
        self.displayName = displayName
        self.clientID = clientID
        self.cloud = cloud
        self.redirectURI = redirectURI
        self.permissions = permissions
    }
}

/// Makes an app known.
package struct AppRegistrar: Sendable {
    private let reader: any CredentialReader
    private let store: any AppStore
    private let clock: WallClock

    package init(reader: any CredentialReader, store: any AppStore, clock: WallClock) {
        self.reader = reader
        self.store = store
        self.clock = clock
    }

    /// Checks the spec and the credential, then stores both with release 1. Entra is not asked.
    package func add(
        _ spec: AppSpec, credential brought: BroughtCredential, by actor: Actor
    ) async throws(RegistrationError) -> App {
        guard let name = AppName(spec.name) else {
            throw .invalid("app name", "use a-z, 0-9 and '-', at most 40")
        }
        guard let clientID = ClientID(spec.clientID) else {
            throw .invalid(
                "client id", "it is the GUID that Entra calls 'Application (client) ID'")
        }
        guard (1...120).contains(spec.displayName.count) else {
            throw .invalid("display name", "use 1 to 120 characters")
        }
        try check(spec.permissions)
        try RedirectURI.check(spec.redirectURI)
        let (credential, summary) = try reader.read(brought, at: clock.now())
        let app = App(
            name: name, displayName: spec.displayName, clientID: clientID, cloud: spec.cloud,
            redirectURI: spec.redirectURI, addedAt: clock.now())
        let release = Release(app: name, number: 1, permissions: spec.permissions)
        do {
            try await store.add(app, release: release, credential: credential, summary: summary, by: actor)
        } catch {
            throw .store(error)
        }
        return app
    }

    /// The app of that name, or the only one there is when no name is given.
    package func app(named text: String?) async throws(RegistrationError) -> App {
        do {
            let apps = try await store.apps()
            if let text {
                guard let app = apps.first(where: { $0.name.description == text }) else {
                    throw RegistrationError.unknownApp(String(text.prefix(40)))
                }
                return app
            }
            guard let only = apps.first else { throw RegistrationError.noApp }
            guard apps.count == 1 else { throw RegistrationError.severalApps(apps.map(\.name)) }
            return only
        } catch let error as RegistrationError {
            throw error
        } catch let error as StoreError {
            throw .store(error)
        } catch {
            throw .store(.unavailable("unexpected failure"))
        }
    }

    private func check(_ permissions: [Permission]) throws(RegistrationError) {
        guard !permissions.isEmpty else {
            throw .invalid("permission list", "name at least one application permission, such as User.Read.All")
        }
        var seen: Set<String> = []
        for permission in permissions {
            let word = permission.role.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 }
            guard word, (1...120).contains(permission.role.utf8.count) else {
                throw .invalid(
                    "name of a permission", "use the role's value, such as User.Read.All")
            }
            guard permission.reason.count <= 500 else {
                throw .invalid("reason of \(permission.role)", "use at most 500 characters")
            }
            guard seen.insert("\(permission.resource) \(permission.role)").inserted else {
                throw .invalid("permission '\(permission.role)'", "it is listed twice")
            }
        }
    }
}

/// Entra's rules for redirect URIs of web apps.
///
/// Source: learn.microsoft.com/entra/identity-platform/reply-url.
package enum RedirectURI {
    package static func check(_ text: String) throws(RegistrationError) {
        let forbidden = Set("!$'(),;\\\"<> ")
        guard text.utf8.count <= 256, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            !text.contains(where: forbidden.contains), !text.contains("#"),
            let url = URL(string: text), let host = url.host(), !host.isEmpty
        else {
            throw .invalid(
                "redirect URI", "use at most 256 characters of a URL without a fragment or any of ! $ ' ( ) , ;")
        }
        guard url.scheme == "https" || (url.scheme == "http" && host == "localhost") else {
            throw .invalid("redirect URI '\(text)'", "Entra accepts https, and http for localhost only")
        }
    }
}

/// Why an app was not made known, or not found.
package enum RegistrationError: ExplainedError, Equatable {
    /// What is wrong, and the rule it breaks.
    case invalid(String, String)
    /// The credential cannot be used; a stable code, why, and what to do.
    case credential(code: String, why: String, nextStep: String)
    case unknownApp(String)
    case noApp
    case severalApps([AppName])
    case store(StoreError)

    package var problem: Problem {
        switch self {
        case .invalid(let what, let rule):
            Problem(.invalid, code: "app_invalid", detail: "The \(what) cannot be used.", nextStep: "Mend it: \(rule).")
        case .credential(let code, let why, let nextStep):
            Problem(.invalid, code: code, detail: why, nextStep: nextStep)
        case .unknownApp(let name):
            Problem(
                .notFound, code: "app_unknown", detail: "No app is called '\(name)' here.",
                nextStep: "See `tenantry app list`.")
        case .noApp:
            Problem(
                .notFound, code: "app_missing", detail: "No app is known here yet.",
                nextStep: "Add your registration with `tenantry app add`.")
        case .severalApps(let names):
            Problem(
                .invalid, code: "app_unnamed", detail: "There are several apps here, and none was named.",
                nextStep: "Name one: \(names.map(\.description).joined(separator: ", ")).")
        case .store(.alreadyExists(let what)):
            Problem(
                .conflict, code: "app_already_exists", detail: "\(what) is known here already.",
                nextStep: "See `tenantry app list`.")
        case .store(let error): error.problem
        }
    }
}
