/// What proves to the authority that we are the app.
package enum ClientCredential: Sendable {
    case secret(Secret<String>)
    /// An X.509 certificate (DER) with its RSA key (PKCS#8 DER).
    case certificate(der: [UInt8], privateKey: Secret<[UInt8]>)
    /// A token of another identity provider that Entra trusts for this app; fetched anew for each use.
    case federated(AssertionSource)

    package var kind: CredentialKind {
        switch self {
        case .secret: .secret
        case .certificate: .certificate
        case .federated: .federated
        }
    }
}

package enum CredentialKind: String, Sendable, CaseIterable {
    case secret, certificate, federated
}

/// Where a federated assertion comes from.
package enum AssertionSource: Sendable, Equatable, Codable {
    /// A file that its owner replaces in time, as Kubernetes does. It is read at each use.
    case file(String)
    /// A program that prints the assertion, with its arguments; never a shell. It is run again shortly before the
    /// assertion it printed ends.
    case command([String])

    /// For lists.
    package var label: String {
        switch self {
        case .file(let path): "file \(path)"
        case .command(let words): "command \(words.first ?? "")"
        }
    }
}

/// Fetches federated assertions. Implemented where files are read and programs are started.
package protocol AssertionProvider: Sendable {
    /// The assertion as it stands now: a JWT, unverified.
    func assertion(from source: AssertionSource) async throws(AssertionError) -> Secret<String>
}

/// Why there is no federated assertion.
package struct AssertionError: Error, Equatable {
    /// The rest of a sentence that begins with "The federated assertion".
    package let clause: String

    package init(_ clause: String) {
        self.clause = clause
    }
}
