/// One page of a tenant's users.
///
/// Of a listing that takes several pages the second is empty and yet has a next link, as Graph's paging rules allow
/// and few clients expect.
struct UserPage {
    /// The properties Graph sends when none are selected.
    private static let standardProperties = [
        "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
        "preferredLanguage", "surname", "userPrincipalName", "id",
    ]
    private static let furtherProperties = ["accountEnabled", "userType", "mailNickname"]
    private static let defaultSize = 100
    private static let largestSize = 999

    private let size: Int
    private let properties: [String]
    private let select: String?
    private let start: Int
    private let isBlank: Bool

    init(_ query: FormFields) throws(GraphError) {
        for field in query.fields where !["$top", "$select", "$skiptoken"].contains(field.name) {
            throw .unsupportedQuery("The emulator does not support the query option '\(field.name)'.")
        }
        size = try Self.size(query["$top"])
        select = query["$select"]
        properties = try Self.properties(select)
        guard let token = query["$skiptoken"] else {
            start = 0
            isBlank = false
            return
        }
        (start, isBlank) = try Self.position(token)
    }

    /// - Parameter address: the address of the listing, without query.
    func body(_ users: UserList, address: String) -> JSON {
        let end = min(start + (isBlank ? 0 : size), users.count)
        let values = (min(start, end)..<end).map { entity(users[$0]) }
        var next: String?
        if isBlank {
            next = link(address, start: start, isBlank: false)
        } else if end < users.count {
            next = link(address, start: end, isBlank: start == 0)
        }
        let context = address.split(separator: "/").dropLast().joined(separator: "/")
            .replacing("https:/", with: "https://")
        let suffix = select.map { "(\($0))" } ?? ""
        return .object([
            ("@odata.context", .string("\(context)/$metadata#users\(suffix)")),
            ("@odata.nextLink", next.map { .string($0) }),
            ("value", .array(values)),
        ])
    }

    /// The one user's entity with the selected properties.
    func entity(_ user: User) -> JSON {
        let words = user.displayName.split(separator: " ")
        let values: [String: JSON] = [
            "businessPhones": [], "displayName": .string(user.displayName), "id": .string(user.id.text),
            "givenName": .string(words.first.map(String.init) ?? user.displayName),
            "surname": .string(words.dropFirst().joined(separator: " ")),
            "mail": .string(user.signInName), "userPrincipalName": .string(user.principalName),
            "accountEnabled": true, "userType": .string(user.homeName == nil ? "Member" : "Guest"),
            "mailNickname": .string(user.principalName.split(separator: "@").first.map(String.init) ?? ""),
        ]
        return .object(properties.map { ($0, values[$0] ?? .null) })
    }

    private static func size(_ text: String?) throws(GraphError) -> Int {
        guard let text else { return defaultSize }
        guard let size = Int(text), (1...largestSize).contains(size) else {
            throw .unsupportedQuery("Invalid page size specified: '\(text)'. Must be between 1 and 999 inclusive.")
        }
        return size
    }

    private static func properties(_ select: String?) throws(GraphError) -> [String] {
        guard let select else { return standardProperties }
        let names = select.split(separator: ",").map { $0.filter { $0 != " " } }
        let known = standardProperties + furtherProperties
        if let stranger = names.first(where: { !known.contains($0) }) {
            throw GraphError(
                status: 400, code: "BadRequest",
                message: "Could not find a property named '\(stranger)' on type 'microsoft.graph.user'.")
        }
        return names
    }

    private func link(_ address: String, start: Int, isBlank: Bool) -> String {
        let token = "RFNwdAIAAQ" + Base64Text.urlEncode(Array("\(start).\(isBlank ? 1 : 0)".utf8))
        let selected = select.map { "$select=\(Percent.encode($0))&" } ?? ""
        return "\(address)?\(selected)$top=\(size)&$skiptoken=\(token)"
    }

    private static func position(_ token: String) throws(GraphError) -> (Int, Bool) {
        guard token.hasPrefix("RFNwdAIAAQ"), let bytes = Base64Text.decode(token.dropFirst(10)),
            let parts = String(validating: bytes, as: UTF8.self)?.split(separator: "."), parts.count == 2,
            let start = Int(parts[0]), (1...UserSpecifications.limit).contains(start)
        else {
            throw GraphError(
                status: 400, code: "Directory_ExpiredPageToken",
                message: "The specified page token value has expired and can no longer be included in your request.")
        }
        return (start, parts[1] == "1")
    }
}
