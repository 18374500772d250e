package import FoundationEssentials

/// What the ISV calls one of its registrations here: 1 to 40 characters of `a-z 0-9 -`.
package struct AppName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        let fits = text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
        guard (1...40).contains(text.utf8.count), fits, text.first != "-" else { return nil }
        description = text
    }

    package static func < (left: AppName, right: AppName) -> Bool { left.description < right.description }
}

/// One registration of a daemon app in one cloud.
package struct App: Sendable, Equatable {
    package let name: AppName
    /// What customers' administrators read.
    package let displayName: String
    package let clientID: ClientID
    package let cloud: Cloud
    /// Where the consent callback arrives; must be registered with Entra letter by letter.
    package let redirectURI: String
    package let addedAt: Date

    package init(
        name: AppName, displayName: String, clientID: ClientID, cloud: Cloud, redirectURI: String, addedAt: Date
    ) {
        self.name = name
        self.displayName = displayName
        self.clientID = clientID
        self.cloud = cloud
        self.redirectURI = redirectURI
        self.addedAt = addedAt
    }
}

/// An API that issues app roles, by its application ID URI or client id, without `/.default`.
package struct Resource: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Accepts `https://…` or `api://…` of printable ASCII without spaces or quotes, or a GUID; at most 255 characters.
    package init?(_ text: String) {
        let bare = text.hasSuffix("/.default") ? String(text.dropLast(9)) : text
        let printable = bare.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x22 && $0 != 0x27 && $0 != 0x5c }
        let isURI =
            (bare.hasPrefix("https://") && bare.utf8.count > 8) || (bare.hasPrefix("api://") && bare.utf8.count > 6)
        guard printable, bare.utf8.count <= 255, isURI || GUID(bare) != nil else { return nil }
        description = bare
    }

    /// Microsoft Graph's client id in every cloud, and the roots by which it is asked.
    static let graphID = GUID("00000003-0000-0000-c000-000000000000")
    static let graphRoots: Set = [
        "https://graph.microsoft.com", "https://graph.microsoft.us", "https://dod-graph.microsoft.us",
        "https://microsoftgraph.chinacloudapi.cn",
    ]

    /// The only scope that the client-credentials grant accepts for this resource.
    package var defaultScope: String { description + "/.default" }
}

/// One application permission (app role) with the reason a customer reads.
package struct Permission: Sendable, Equatable {
    package let resource: Resource
    /// The role's value, such as `User.Read.All`.
    package let role: String
    /// In plain words, for the customer's administrator.
    package let reason: String

    package init(resource: Resource, role: String, reason: String) {
        self.resource = resource
        self.role = role
        self.reason = reason
    }
}

/// An immutable, numbered list of permissions.
package struct Release: Sendable, Equatable {
    package let app: AppName
    /// Counted from 1.
    package let number: Int
    package let permissions: [Permission]

    package init(app: AppName, number: Int, permissions: [Permission]) {
        self.app = app
        self.number = number
        self.permissions = permissions
    }

    /// The resources it touches, in the order they first appear.
    package var resources: [Resource] {
        permissions.map(\.resource).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

/// What proves to the authority that we are the app.
package enum ClientCredential: Sendable {
    case secret(Secret<String>)
    /// An X.509 certificate (DER) with its RSA key (PKCS#8 DER).
    case certificate(der: [UInt8], privateKey: Secret<[UInt8]>)

    package var kind: String {
        switch self {
        case .secret: "secret"
        case .certificate: "certificate"
        }
    }
}

/// What is known of a credential without its secret part.
package struct CredentialSummary: Sendable, Equatable {
    package let kind: String
    package let addedAt: Date
    /// Known for certificates.
    package let expiresAt: Date?
    /// SHA-256 of the certificate, lower-case hex.
    package let thumbprint: String?

    package init(kind: String, addedAt: Date, expiresAt: Date?, thumbprint: String?) {
        self.kind = kind
        self.addedAt = addedAt
        self.expiresAt = expiresAt
        self.thumbprint = thumbprint
    }
}

/// Remembers registrations. Credentials are sealed at rest. Every method is one transaction.
package protocol AppStore: Sendable {
    /// Adds the app, its first release and its credential, all or none.
    ///
    /// - Throws: ``StoreError/alreadyExists(_:)`` when the name, or the client id in that cloud, is taken.
    func add(
        _ app: App, release: Release, credential: ClientCredential, summary: CredentialSummary, by actor: Actor
    ) async throws(StoreError)

    func apps() async throws(StoreError) -> [App]

    func app(_ name: AppName) async throws(StoreError) -> App?

    /// The newest published release.
    ///
    /// - Throws: ``StoreError/notFound(_:)`` for an unknown app.
    func currentRelease(of app: AppName) async throws(StoreError) -> Release

    /// The credential to use.
    ///
    /// - Throws: ``StoreError/sealBroken(_:)`` when it does not open.
    func credential(of app: AppName) async throws(StoreError) -> ClientCredential

    func credentialSummary(of app: AppName) async throws(StoreError) -> CredentialSummary
}
