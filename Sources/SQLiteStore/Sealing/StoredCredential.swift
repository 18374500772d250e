import FoundationEssentials
import OpenSSLCrypto
import Tenancy

/// A credential as its row keeps it: what is public in the clear, what is secret sealed.
struct StoredCredential: Sendable {
    let kind: CredentialKind
    /// DER, of certificates only.
    let certificate: [UInt8]?
    let sealed: [UInt8]
    /// What the seal is bound to: 2 the row, 1 only the app, as in the first schema.
    let layout: Int

    /// Seals the secret part for that row.
    init(sealing credential: ClientCredential, as id: CredentialID, of app: AppName, with sealer: Sealer)
        throws(StoreError)
    {
        let secret: [UInt8]
        switch credential {
        case .secret(let text):
            certificate = nil
            secret = Array(text.exposed.utf8)
        case .certificate(let der, let privateKey):
            certificate = der
            secret = privateKey.exposed
        case .federated(let source):
            certificate = nil
            guard let json = try? JSONEncoder().encode(source) else {
                throw .unavailable("the place of the assertion could not be written down")
            }
            // Sealed too, though it is no secret: who alters the database must not choose what is run.
            secret = Array(json)
        }
        kind = credential.kind
        layout = 2
        do {
            sealed = try sealer.seal(secret, authenticating: Self.place(layout, id, app, kind, certificate))
        } catch {
            throw .unavailable("the credential could not be sealed: \(error)")
        }
    }

    /// Reads the columns of `credential`.
    init(_ row: SQLRow) throws(StoreError) {
        kind = try row.value("kind", CredentialKind.init)
        certificate = try row.blobIfAny("certificate")
        sealed = try row.blob("sealed")
        layout = try row.integer("layout")
    }

    /// Opens it.
    ///
    /// - Throws: ``StoreError/sealBroken(_:)`` when any part was altered or belongs to another row.
    func opened(as id: CredentialID, of app: AppName, with sealer: Sealer) throws(StoreError) -> ClientCredential {
        let broken = StoreError.sealBroken("Credential \(id) of app '\(app)'")
        let secret: [UInt8]
        do {
            secret = try sealer.open(sealed, authenticating: Self.place(layout, id, app, kind, certificate))
        } catch {
            throw broken
        }
        switch (kind, certificate) {
        case (.secret, nil): return .secret(Secret(String(decoding: secret, as: UTF8.self)))
        case (.certificate, let certificate?): return .certificate(der: certificate, privateKey: Secret(secret))
        case (.federated, nil):
            guard let source = try? JSONDecoder().decode(AssertionSource.self, from: Data(secret)) else { throw broken }
            return .federated(source)
        default: throw broken
        }
    }

    static let table = SealedTable("credential", .credential, position: "id") { (row) throws(StoreError) in
        let stored = try StoredCredential(row)
        return place(
            stored.layout, try row.value("id", CredentialID.init), try row.value("app", AppName.init), stored.kind,
            stored.certificate)
    }

    /// The row the seal is bound to. The number tells how the row is laid out.
    private static func place(
        _ layout: Int, _ id: CredentialID, _ app: AppName, _ kind: CredentialKind, _ certificate: [UInt8]?
    ) -> [UInt8] {
        let texts =
            layout == 1
            ? ["app_credential", "1", app.description, kind.rawValue]
            : ["credential", "2", id.description, app.description, kind.rawValue]
        return BoundData.encode(texts: texts) + BoundData.encode([certificate ?? []])
    }
}
