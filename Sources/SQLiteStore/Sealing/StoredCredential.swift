import OpenSSLCrypto
import Tenancy

/// A credential as its row keeps it: what is public in the clear, what is secret sealed.
struct StoredCredential: Sendable {
    let kind: String
    /// DER, of certificates only.
    let certificate: [UInt8]?
    let sealed: [UInt8]

    /// Seals the secret part for that app.
    init(sealing credential: ClientCredential, of app: AppName, with key: SealingKey) throws(StoreError) {
        let secret: [UInt8]
        switch credential {
        case .secret(let text):
            certificate = nil
            secret = Array(text.exposed.utf8)
        case .certificate(let der, let privateKey):
            certificate = der
            secret = privateKey.exposed
        }
        kind = credential.kind
        do {
            sealed = try key.seal(secret, authenticating: Self.place(of: app, kind, certificate))
        } catch {
            throw .unavailable("the credential could not be sealed: \(error)")
        }
    }

    /// Reads the columns of `app_credential`.
    init(_ row: SQLRow) throws(StoreError) {
        kind = try row.text("kind")
        certificate = try row.blobIfAny("certificate")
        sealed = try row.blob("sealed")
    }

    /// Opens it.
    ///
    /// - Throws: ``StoreError/sealBroken(_:)`` when any part was altered or belongs to another app.
    func opened(of app: AppName, with key: SealingKey) throws(StoreError) -> ClientCredential {
        let secret: [UInt8]
        do {
            secret = try key.open(sealed, authenticating: Self.place(of: app, kind, certificate))
        } catch {
            throw .sealBroken("The credential of app '\(app)'")
        }
        if let certificate { return .certificate(der: certificate, privateKey: Secret(secret)) }
        return .secret(Secret(String(decoding: secret, as: UTF8.self)))
    }

    /// The row the seal is bound to. The number tells how the row is laid out.
    private static func place(of app: AppName, _ kind: String, _ certificate: [UInt8]?) -> [UInt8] {
        BoundData.encode(texts: ["app_credential", "1", app.description, kind]) + BoundData.encode([certificate ?? []])
    }
}
