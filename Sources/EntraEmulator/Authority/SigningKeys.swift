package import FoundationEssentials

/// The keys that sign access tokens.
package struct SigningKeys: Sendable {
    /// The first signs; the second is published already, as the original announces its next key.
    let all: [SigningKey]
    /// The key that signs.
    let current: SigningKey

    /// Makes new keys, which takes a moment. Every start of an emulator makes its own, unless it is given some.
    ///
    /// - Parameter now: the certificates of the keys begin a day before.
    /// - Throws: what the cryptographic library throws when it cannot make a key.
    package init(now: Date) throws {
        current = try SigningKey(now: now)
        all = [current, try SigningKey(now: now)]
    }
}
