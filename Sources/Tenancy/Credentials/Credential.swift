package import FoundationEssentials

/// Names a credential here: 12 characters of `0-9 a-z`.
package struct CredentialID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        let fits = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) }
        guard text.utf8.count == 12, fits else { return nil }
        description = text
    }

    package init(_ randomness: Randomness) {
        description = String(Base32.encode(randomness.bytes(8)).prefix(12))
    }
}

/// What is known of one of an app's credentials, without its secret part.
package struct Credential: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// Not yet seen to work; never used for customers.
        case pending
        /// Works; used when the preferred one is rejected.
        case active
        /// Used first. An app has one at most.
        case preferred
        /// Replaced; used only when nothing better works, and removed at ``Credential/retireAt``.
        case retiring
        /// Its time is over. Derived, never stored.
        case expired
    }

    /// The authority's refusal of this credential.
    package struct Rejection: Sendable, Equatable {
        package let aadsts: Int?
        /// What went wrong here, when it never came before the authority.
        package let reason: String?
        package let at: Date

        package init(aadsts: Int?, reason: String? = nil, at: Date) {
            self.aadsts = aadsts
            self.reason = reason
            self.at = at
        }

        /// For so long a rejected credential is asked last; then it is tried again. Source: propagation of a new key
        /// takes seconds to minutes, and an expired one stays expired.
        static let rest: TimeInterval = 300
    }

    package let id: CredentialID
    package let app: AppName
    package let kind: CredentialKind
    /// For people: a certificate's subject, where an assertion comes from.
    package let label: String
    package let addedAt: Date
    /// `nil` when nobody knows, as of a secret that was brought.
    package let expiresAt: Date?
    /// SHA-256 of the certificate, lower-case hex.
    package let thumbprint: String?
    /// Any state but `expired`.
    package var stored: State
    /// Entra's id of the key, secret or federated credential, once it is known.
    package var keyID: GUID?
    package var retireAt: Date?
    package var rejection: Rejection?

    package init(
        id: CredentialID, app: AppName, kind: CredentialKind, label: String, addedAt: Date, expiresAt: Date? = nil,
        thumbprint: String? = nil, stored: State, keyID: GUID? = nil, retireAt: Date? = nil,
        rejection: Rejection? = nil
    ) {
        self.id = id
        self.app = app
        self.kind = kind
        self.label = label
        self.addedAt = addedAt
        self.expiresAt = expiresAt
        self.thumbprint = thumbprint
        self.stored = stored
        self.keyID = keyID
        self.retireAt = retireAt
        self.rejection = rejection
    }

    package func state(at now: Date) -> State { isExpired(at: now) ? .expired : stored }

    package func isExpired(at now: Date) -> Bool { expiresAt.map { $0 <= now } ?? false }

    /// Whether a token may be asked for with it.
    package func isUsable(at now: Date) -> Bool { stored != .pending && !isExpired(at: now) }

    /// Whether it was rejected a moment ago, so that others are asked first.
    func isResting(at now: Date) -> Bool { rejection.map { now < $0.at + Rejection.rest } ?? false }

    /// Whether it can stand in for another: usable, and not known to be rejected.
    package func works(at now: Date) -> Bool { isUsable(at: now) && rejection == nil }
}

extension Sequence where Element == Credential {
    /// Those that can be used, the one to try first in front: preferred, then active, then retiring, the longest-lived
    /// first; what was rejected a moment ago comes last.
    package func inOrderOfUse(at now: Date) -> [Credential] {
        func rank(_ credential: Credential) -> (Int, Int, Date) {
            let order: [Credential.State] = [.preferred, .active, .retiring]
            return (
                credential.isResting(at: now) ? 1 : 0, order.firstIndex(of: credential.stored) ?? order.count,
                credential.expiresAt ?? .distantFuture
            )
        }
        return filter { $0.isUsable(at: now) }.sorted { left, right in
            let (left, right) = (rank(left), rank(right))
            return (left.0, left.1, right.2) < (right.0, right.1, left.2)
        }
    }
}

/// A credential that is about to be remembered, with its secret part.
package struct NewCredential: Sendable {
    package let record: Credential
    package let value: ClientCredential

    package init(record: Credential, value: ClientCredential) {
        self.record = record
        self.value = value
    }
}
