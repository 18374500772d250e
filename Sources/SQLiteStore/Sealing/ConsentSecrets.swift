import OpenSSLCrypto
import Tenancy

/// What the holders of consent links prove, all of it HMACs under one secret of this database.
///
/// The secret is drawn by lot and lies sealed in the table `secret`: customers hold its links for weeks, so it must not
/// change with the key of the data directory.
struct ConsentSecrets: Sendable {
    private static let name = "consent_state"
    private let key: SealingKey

    /// Reads the secret.
    ///
    /// - Throws: ``StoreError/sealBroken(_:)`` when it is not there or does not open.
    init(_ db: SQLConnection, _ keys: KeyRing) throws(StoreError) {
        let broken = StoreError.sealBroken("The secret behind the consent links")
        let sealed = try db.first("SELECT sealed FROM secret WHERE name = ?1", [Self.name]) {
            (row) throws(StoreError) in try row.blob("sealed")
        }
        guard let sealed else { throw broken }
        do {
            key = try SealingKey(bytes: keys.secrets.open(sealed, authenticating: Self.place(Self.name)))
        } catch {
            throw broken
        }
    }

    /// Stores a new secret where there is none. A database of an earlier schema keeps the one it had, which was derived
    /// from its key, so that its links stay good.
    static func ensure(in db: SQLConnection, _ keys: KeyRing, isNew: Bool = false) throws(StoreError) {
        let isThere = try db.first("SELECT 1 AS found FROM secret WHERE name = ?1", [name]) {
            (row) throws(StoreError) in try row.integer("found")
        }
        guard isThere == nil else { return }
        let sealed: [UInt8]
        do {
            let key = isNew ? try SealingKey.random() : keys.inUse.root.derive("consent state")
            sealed = try keys.secrets.seal(key.withBytes { Array($0) }, authenticating: place(name))
        } catch {
            throw .unavailable("the secret behind the consent links could not be sealed: \(error)")
        }
        try db.execute("INSERT INTO secret (name, sealed) VALUES (?1, ?2)", [name, sealed])
    }

    static let table = SealedTable("secret", .secret, position: "name") { (row) throws(StoreError) in
        place(try row.text("name"))
    }

    private static func place(_ name: String) -> [UInt8] { BoundData.encode(texts: ["secret", "1", name]) }

    /// The `state` of an attempt: an HMAC over everything that is pinned, so that it need not be stored, and so that
    /// an attempt that was altered in the database has another state than the one in the customer's hands.
    func state(of attempt: ConsentAttempt) -> OneTimeState { mac(of: attempt) }

    /// The secrets of a sign-in after that attempt, each an HMAC over the same and its own purpose.
    func signIn(after attempt: ConsentAttempt) -> SignInBinding {
        SignInBinding(
            state: Secret("\(attempt.id).\(mac(of: attempt, "sign-in state").exposed)"),
            nonce: mac(of: attempt, "sign-in nonce"), codeVerifier: mac(of: attempt, "sign-in code verifier"),
            browser: mac(of: attempt, "sign-in browser"))
    }

    private func mac(of attempt: ConsentAttempt, _ purpose: String...) -> Secret<String> {
        let pinned = BoundData.encode(
            texts: [
                attempt.id.description, attempt.app.description, attempt.tenant.description, attempt.redirectURI,
            ] + purpose)
        return Secret(
            key.withBytes { Base64URL.encode(Digest.hmacSHA256(key: Array($0), message: pinned)) })
    }
}
