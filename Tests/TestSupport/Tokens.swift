package import Foundation
import OpenSSLCrypto
package import Tenancy

extension UnverifiedToken {
    /// With its digest worked out, received when a manual clock shows that time of day.
    package init(value: Secret<String>, receivedAt: Date, lifetime: TimeInterval, refreshIn: TimeInterval? = nil) {
        self.init(
            value: value, digest: .of(value.exposed),
            receivedAt: Moment(date: receivedAt, steady: receivedAt.timeIntervalSinceReferenceDate),
            lifetime: lifetime, refreshIn: refreshIn)
    }
}

extension TokenDigest {
    package static func of(_ token: String) -> TokenDigest {
        guard let digest = TokenDigest(Digest.sha256(Array(token.utf8))) else { preconditionFailure("not 32 bytes") }
        return digest
    }
}

extension TokenBroker {
    package func token(
        app: App, tenant: TenantID, resource: Resource, margin: TimeInterval? = nil,
        insteadOf rejected: TokenDigest? = nil
    ) async throws(TokenError) -> AccessToken {
        try await token(
            TokenRequest(
                app: app, tenant: tenant, resource: resource, minimumLife: margin, rejected: rejected))
    }
}
