import FoundationEssentials

/// An identity provider outside Entra whose tokens federated credentials can trust, such as a build service's.
///
/// One key signs whatever name it goes by: what is tested is the matching, not the fetching of keys.
struct WorkloadIssuer: Sendable {
    /// The name it goes by when none is asked for.
    static let standardName = "https://workload.emulator.example"
    /// What Entra expects as audience in the global cloud.
    static let audience = "api://AzureADTokenExchange"

    /// Names under which it has a document that Entra can read.
    private(set) var names: Set<String> = [standardName]
    /// Made when it first signs: making it takes longer than most runs need.
    private(set) var key: SigningKey?

    /// The key that signs for that name.
    ///
    /// - Throws: what the cryptographic library throws when it cannot make a key.
    mutating func key(for name: String, now: Date) throws -> SigningKey {
        names.insert(name)
        if let key { return key }
        let made = try SigningKey(now: now)
        key = made
        return made
    }
}
