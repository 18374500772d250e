import FoundationEssentials

/// A certificate registered on an application.
struct KeyCredential: Sendable {
    let keyID: GUID
    let certificate: RegisteredCertificate
    let displayName: String?
    /// `customKeyIdentifier`: the thumbprint unless the owner chose something else.
    let identifier: [UInt8]
    /// Within the certificate's own time.
    let starts: Date
    /// The first instant at which it is refused.
    let ends: Date

    /// A certificate as it is, for all its time.
    init(_ certificate: RegisteredCertificate, keyID: GUID? = nil, displayName: String? = nil) {
        self.init(
            keyID: keyID ?? GUID(naming: "key", Base64Text.hex(certificate.sha256)), certificate: certificate,
            displayName: displayName, identifier: certificate.sha1, starts: certificate.notBefore,
            ends: certificate.notAfter)
    }

    init(
        keyID: GUID, certificate: RegisteredCertificate, displayName: String?, identifier: [UInt8], starts: Date,
        ends: Date
    ) {
        self.keyID = keyID
        self.certificate = certificate
        self.displayName = displayName
        self.identifier = identifier
        self.starts = starts
        self.ends = ends
    }

    func isLive(at now: Date) -> Bool {
        starts <= now && now < ends
    }
}
