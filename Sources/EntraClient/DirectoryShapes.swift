import FoundationEssentials
import Tenancy

// How Graph spells what the directory holds.

extension ApplicationAddress {
    /// The key segment of the path.
    var key: String {
        switch self {
        case .objectID(let id): "/\(id)"
        case .clientID(let id): "(appId='\(id)')"
        case .uniqueName(let name): "(uniqueName='\(PercentEncoding.encode(name.quoted))')"
        }
    }
}

extension String {
    /// As the inside of an OData text.
    var quoted: String { replacing("'", with: "''") }
}

extension JSONValue {
    func member(_ name: String) -> JSONValue {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    func text(_ name: String) -> String? {
        if case .string(let text) = member(name) { text } else { nil }
    }

    func guid(_ name: String) -> GUID? { text(name).flatMap { GUID($0) } }

    func elements(_ name: String) -> [JSONValue] {
        if case .array(let values) = member(name) { values } else { [] }
    }
}

extension DirectoryApplication {
    init?(_ json: JSONValue) {
        guard let id = json.guid("id"), let client = json.guid("appId") else { return nil }
        let uris = json.member("web").elements("redirectUris").compactMap {
            if case .string(let uri) = $0 { uri } else { nil }
        }
        let access = json.elements("requiredResourceAccess").flatMap { entry -> [RequiredAccess] in
            guard let api = entry.guid("resourceAppId") else { return [] }
            return entry.elements("resourceAccess").compactMap { role in
                guard let id = role.guid("id"), let kind = role.text("type").flatMap(RequiredAccess.Kind.init) else {
                    return nil
                }
                return RequiredAccess(api: api, id: id, kind: kind)
            }
        }
        self.init(
            objectID: id, clientID: ClientID(client), displayName: json.text("displayName") ?? "",
            audience: json.text("signInAudience") ?? "", redirectURIs: uris, access: access,
            keys: json.elements("keyCredentials").map(DirectoryKey.init),
            secrets: json.elements("passwordCredentials").compactMap(DirectorySecret.init))
    }
}

extension DirectoryKey {
    init(_ json: JSONValue) {
        self.init(
            keyID: json.guid("keyId"), displayName: json.text("displayName") ?? "",
            certificate: json.text("key").flatMap { Data(base64Encoded: $0) }.map { Array($0) }, raw: json)
    }

    /// One that came from the directory goes back word for word.
    var json: JSONValue {
        if raw != .null { return raw }
        return .object([
            "type": .string("AsymmetricX509Cert"), "usage": .string("Verify"), "displayName": .string(displayName),
            "key": certificate.map { .string(Data($0).base64EncodedString()) } ?? .null,
        ])
    }
}

extension DirectorySecret {
    init?(_ json: JSONValue) {
        guard let id = json.guid("keyId") else { return nil }
        self.init(
            keyID: id, displayName: json.text("displayName") ?? "",
            expiresAt: json.text("endDateTime").flatMap(GraphTime.parse), hint: json.text("hint"))
    }
}

extension DirectoryFederation {
    init?(_ json: JSONValue) {
        guard let id = json.guid("id"), let issuer = json.text("issuer"), let subject = json.text("subject") else {
            return nil
        }
        let audience = json.elements("audiences").lazy.compactMap {
            if case .string(let text) = $0 { text } else { nil }
        }
        self.init(
            id: id, name: json.text("name") ?? "", issuer: issuer, subject: subject, audience: audience.first ?? "")
    }
}

extension DirectoryPrincipal {
    init?(_ json: JSONValue) {
        guard let id = json.guid("id"), let client = json.guid("appId") else { return nil }
        func roles(_ name: String, where isMeant: (JSONValue) -> Bool) -> [Role] {
            json.elements(name).filter { isMeant($0) && $0.member("isEnabled") != .bool(false) }.compactMap { role in
                guard let id = role.guid("id"), let value = role.text("value") else { return nil }
                return Role(id: id, value: value)
            }
        }
        self.init(
            objectID: id, clientID: client, displayName: json.text("displayName") ?? "",
            // Roles for users only cannot be given to an app.
            roles: roles("appRoles") { $0.elements("allowedMemberTypes").contains(.string("Application")) },
            scopes: roles("oauth2PermissionScopes") { _ in true })
    }
}

extension ApplicationChange {
    var json: [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        if let displayName { members["displayName"] = .string(displayName) }
        if let audience { members["signInAudience"] = .string(audience.rawValue) }
        if let redirectURIs {
            members["web"] = .object(["redirectUris": .array(redirectURIs.map { .string($0) })])
        }
        if let access {
            let apis = access.map(\.api).reduce(into: [GUID]()) { if !$0.contains($1) { $0.append($1) } }
            members["requiredResourceAccess"] = .array(
                apis.map { api in
                    .object([
                        "resourceAppId": .string(api.description),
                        "resourceAccess": .array(
                            access.filter { $0.api == api }.map {
                                .object(["id": .string($0.id.description), "type": .string($0.kind.rawValue)])
                            }),
                    ])
                })
        }
        if let keys { members["keyCredentials"] = .array(keys.map(\.json)) }
        return members
    }
}

/// Instants as Graph writes them: ISO 8601, with any number of decimals of a second.
enum GraphTime {
    static func parse(_ text: String) -> Date? {
        let whole = text.split(separator: ".", maxSplits: 1)
        return try? Date(whole.count == 2 ? "\(whole[0])Z" : text, strategy: .iso8601)
    }
}
