import FoundationEssentials

/// A key credential as a request gives it: a new one with its certificate, or one that is there already by identifier.
struct KeyCredentialBody {
    let keyID: GUID?
    private let body: GraphBody
    private let certificate: RegisteredCertificate?

    static let members: Set<String> = [
        "customKeyIdentifier", "displayName", "endDateTime", "key", "keyId", "startDateTime", "type", "usage",
    ]

    init(_ body: GraphBody) throws(GraphError) {
        self.body = body
        keyID = try body.guid("keyId")
        guard let text = try body.string("key") else {
            certificate = nil
            return
        }
        guard let bytes = Base64Text.decode(text), let read = RegisteredCertificate(der: bytes) else {
            throw body.invalid("key")
        }
        certificate = read
    }

    /// The credential to add.
    ///
    /// - Parameter randomKeyID: taken when the request chose none.
    func credential(_ randomKeyID: GUID) throws(GraphError) -> KeyCredential {
        guard let certificate else { throw body.missing("key") }
        guard try body.requiredString("type") == "AsymmetricX509Cert" else { throw body.invalid("type") }
        guard try body.requiredString("usage") == "Verify" else { throw body.invalid("usage") }
        let starts = try body.instant("startDateTime") ?? certificate.notBefore
        let ends = try body.instant("endDateTime") ?? certificate.notAfter
        // Clients send whole seconds or fractions; a certificate has whole ones only.
        guard ends.timeIntervalSince(certificate.notAfter) < 1, starts < ends else {
            throw .badRequest(
                "Key credential end date is invalid.",
                details: [("KeyCredentialsInvalidEndDate", "Key credential end date is invalid.")])
        }
        var identifier = certificate.sha1
        if let text = try body.string("customKeyIdentifier") {
            guard let bytes = Base64Text.decode(text) else { throw body.invalid("customKeyIdentifier") }
            identifier = bytes
        }
        return KeyCredential(
            keyID: keyID ?? randomKeyID, certificate: certificate, displayName: try body.string("displayName"),
            identifier: identifier, starts: max(starts, certificate.notBefore), ends: min(ends, certificate.notAfter))
    }

    /// The collection after a PATCH, which replaces it whole: what is not listed goes, what is listed by identifier
    /// alone stays as it is, the rest is new.
    static func replacing(
        _ old: [Published<KeyCredential>], with bodies: [KeyCredentialBody], spread: Spread, randomness: Randomness
    ) throws(GraphError) -> [Published<KeyCredential>] {
        var result = old
        var kept: Set<GUID> = []
        var added: [Published<KeyCredential>] = []
        for body in bodies {
            if let keyID = body.keyID, let known = old.registered().first(where: { $0.keyID == keyID }) {
                guard body.certificate == nil || body.certificate?.sha256 == known.certificate.sha256 else {
                    throw .badRequest("Update to existing credential with KeyId '\(keyID.text)' is not allowed.")
                }
                kept.insert(keyID)
            } else {
                added.append(Published(try body.credential(randomness.guid()), appears: spread))
            }
        }
        _ = result.remove(spread) { !kept.contains($0.keyID) }
        return result + added
    }
}
