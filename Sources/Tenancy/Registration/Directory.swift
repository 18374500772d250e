package import FoundationEssentials

/// How an application object is found.
package enum ApplicationAddress: Sendable, Equatable {
    case objectID(GUID)
    case clientID(ClientID)
    /// The alternate key that the creator chose; it makes creation idempotent.
    case uniqueName(String)
}

/// An application object as the directory of its home tenant shows it.
package struct DirectoryApplication: Sendable, Equatable {
    package var objectID: GUID
    package var clientID: ClientID
    package var displayName: String
    /// As Graph spells it; also those that we refuse.
    package var audience: String
    package var redirectURIs: [String]
    package var access: [RequiredAccess]
    package var keys: [DirectoryKey]
    package var secrets: [DirectorySecret]

    package init(
        objectID: GUID, clientID: ClientID, displayName: String, audience: String, redirectURIs: [String],
        access: [RequiredAccess], keys: [DirectoryKey] = [], secrets: [DirectorySecret] = []
    ) {
        self.objectID = objectID
        self.clientID = clientID
        self.displayName = displayName
        self.audience = audience
        self.redirectURIs = redirectURIs
        self.access = access
        self.keys = keys
        self.secrets = secrets
    }
}

/// One entry of `requiredResourceAccess`.
package struct RequiredAccess: Hashable, Sendable {
    package enum Kind: String, Sendable {
        /// An application permission.
        case role = "Role"
        /// A delegated permission.
        case scope = "Scope"
    }

    package let api: GUID
    package let id: GUID
    package let kind: Kind

    package init(api: GUID, id: GUID, kind: Kind) {
        self.api = api
        self.id = id
        self.kind = kind
    }
}

/// A registered certificate.
package struct DirectoryKey: Sendable, Equatable {
    package var keyID: GUID?
    package var displayName: String
    /// DER; `nil` when the directory did not show it.
    package var certificate: [UInt8]?
    /// The directory's entry, word for word, so that an entry that is not ours goes back as it came.
    package var raw: JSONValue

    package init(keyID: GUID?, displayName: String, certificate: [UInt8]?, raw: JSONValue = .null) {
        self.keyID = keyID
        self.displayName = displayName
        self.certificate = certificate
        self.raw = raw
    }
}

/// A registered client secret without its text.
package struct DirectorySecret: Sendable, Equatable {
    package let keyID: GUID
    package let displayName: String
    package let expiresAt: Date?
    /// Its first characters, as Graph shows them.
    package let hint: String?

    package init(keyID: GUID, displayName: String, expiresAt: Date?, hint: String? = nil) {
        self.keyID = keyID
        self.displayName = displayName
        self.expiresAt = expiresAt
        self.hint = hint
    }
}

/// The trust in another identity provider's tokens.
package struct DirectoryFederation: Sendable, Equatable {
    /// `nil` before it is added.
    package var id: GUID?
    package let name: String
    package let issuer: String
    package let subject: String
    package let audience: String

    package init(id: GUID? = nil, name: String, issuer: String, subject: String, audience: String) {
        self.id = id
        self.name = name
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
    }
}

/// A service principal, with what it offers when it is an API.
package struct DirectoryPrincipal: Sendable, Equatable {
    package struct Role: Sendable, Equatable {
        package let id: GUID
        package let value: String

        package init(id: GUID, value: String) {
            self.id = id
            self.value = value
        }
    }

    package let objectID: GUID
    package let clientID: GUID
    package let displayName: String
    /// Application permissions that are enabled.
    package let roles: [Role]
    /// Delegated permissions.
    package let scopes: [Role]

    package init(objectID: GUID, clientID: GUID, displayName: String, roles: [Role] = [], scopes: [Role] = []) {
        self.objectID = objectID
        self.clientID = clientID
        self.displayName = displayName
        self.roles = roles
        self.scopes = scopes
    }
}

/// What is changed on an application; `nil` leaves a property alone.
package struct ApplicationChange: Sendable, Equatable {
    package var displayName: String?
    package var audience: Audience?
    package var redirectURIs: [String]?
    package var access: [RequiredAccess]?
    /// The whole collection: what is not in it is removed.
    package var keys: [DirectoryKey]?

    package init(
        displayName: String? = nil, audience: Audience? = nil, redirectURIs: [String]? = nil,
        access: [RequiredAccess]? = nil, keys: [DirectoryKey]? = nil
    ) {
        self.displayName = displayName
        self.audience = audience
        self.redirectURIs = redirectURIs
        self.access = access
        self.keys = keys
    }
}

/// Microsoft Graph as far as registration needs it. Each method is one request, sent once.
///
/// Reads of a single thing answer `nil` when it is not there. What a method adds may take a minute to be seen by
/// another; see ``DirectoryError/isLag``.
package protocol Directory: Sendable {
    /// With its keys.
    func application(_ address: ApplicationAddress, _ session: DirectorySession) async throws(DirectoryError)
        -> DirectoryApplication?
    /// Creates the application of that unique name, or changes the one that is there: never a second one.
    func upsertApplication(
        uniqueName: String, _ change: ApplicationChange, _ session: DirectorySession
    ) async throws(DirectoryError)
    func change(_ application: GUID, _ change: ApplicationChange, _ session: DirectorySession)
        async throws(DirectoryError)
    func deleteApplication(_ application: GUID, _ session: DirectorySession) async throws(DirectoryError)

    func owners(of application: GUID, _ session: DirectorySession) async throws(DirectoryError) -> Set<GUID>
    func addOwner(_ principal: GUID, to application: GUID, _ session: DirectorySession) async throws(DirectoryError)
    /// The object id of the user of that principal name.
    func user(_ name: String, _ session: DirectorySession) async throws(DirectoryError) -> GUID?

    func principals(_ api: APIReference, _ session: DirectorySession) async throws(DirectoryError)
        -> [DirectoryPrincipal]
    func addPrincipal(of application: ClientID, _ session: DirectorySession) async throws(DirectoryError)
    /// The roles that the principal holds, by API (object id).
    func assignments(of principal: GUID, _ session: DirectorySession) async throws(DirectoryError) -> Set<
        RoleAssignment
    >
    func assign(_ assignment: RoleAssignment, to principal: GUID, _ session: DirectorySession)
        async throws(DirectoryError)

    /// Makes a secret. Its text is told this once.
    func addSecret(
        named name: String, until end: Date, to application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError) -> (secret: DirectorySecret, text: Secret<String>)
    func removeSecret(_ keyID: GUID, from application: GUID, _ session: DirectorySession) async throws(DirectoryError)
    /// Adds a certificate; `proof` shows that we hold a key that is registered already.
    func addKey(
        _ certificate: [UInt8], named name: String, proof: Secret<String>, to application: GUID,
        _ session: DirectorySession
    ) async throws(DirectoryError) -> GUID?
    func removeKey(
        _ keyID: GUID, proof: Secret<String>, from application: GUID, _ session: DirectorySession
    ) async throws(DirectoryError)

    func federations(of application: GUID, _ session: DirectorySession) async throws(DirectoryError)
        -> [DirectoryFederation]
    func addFederation(_ federation: DirectoryFederation, to application: GUID, _ session: DirectorySession)
        async throws(DirectoryError) -> GUID?
    func removeFederation(_ id: GUID, from application: GUID, _ session: DirectorySession) async throws(DirectoryError)
}

/// One role of one API, granted to a principal.
package struct RoleAssignment: Hashable, Sendable {
    /// Object id of the API's service principal.
    package let resource: GUID
    package let role: GUID

    package init(resource: GUID, role: GUID) {
        self.resource = resource
        self.role = role
    }
}
