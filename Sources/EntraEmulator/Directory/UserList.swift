/// The users Graph lists for a tenant: some given by name, the others made up when asked for, so that a tenant of a
/// hundred thousand costs nothing until it is read.
struct UserList: Sendable {
    var named: [User]
    var generated: Int
    let tenant: GUID
    let domain: String

    var count: Int { named.count + generated }

    /// The user at that place, which must be below `count`.
    subscript(index: Int) -> User {
        index < named.count ? named[index] : madeUp(index - named.count)
    }

    /// The user of that identifier or principal name.
    func find(_ name: String) -> User? {
        let wanted = name.lowercased()
        for index in 0..<count {
            let user = self[index]
            // The mark in the name of a guest is in capitals.
            let name = user.homeName == nil ? user.principalName : user.principalName.lowercased()
            if name == wanted || user.id.text == wanted { return user }
        }
        return nil
    }

    private func madeUp(_ index: Int) -> User {
        let given = Self.givenNames[index % Self.givenNames.count]
        let family = Self.familyNames[(index / Self.givenNames.count) % Self.familyNames.count]
        let round = index / (Self.givenNames.count * Self.familyNames.count)
        let number = round == 0 ? "" : String(round + 1)
        let name = "\(given.lowercased()).\(family.lowercased())\(number)@\(domain)"
        return User(
            id: GUID(naming: tenant.text, name), displayName: "\(given) \(family)\(number)", principalName: name,
            role: .none)
    }

    private static let givenNames = [
        "Adele", "Bianca", "Carlos", "Dana", "Emre", "Fatima", "Grady", "Henrietta", "Isaiah", "Johanna", "Kwame",
        "Lidia", "Megan", "Nestor", "Orla", "Patti", "Quentin", "Rosa", "Sofia", "Tomas",
    ]
    private static let familyNames = [
        "Abara", "Bergstrom", "Castell", "Doyle", "Eklund", "Ferreira", "Girard", "Holm", "Ivanova", "Jensen",
        "Kowalski", "Lindqvist", "Moreau", "Nakamura", "Okafor", "Pires", "Quist", "Rossi", "Silva", "Tanaka",
    ]
}
