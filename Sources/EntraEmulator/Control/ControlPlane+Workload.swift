import FoundationEssentials
import Logging
import Synchronization

/// Tokens of an identity provider outside Entra.
extension ControlPlane {
    /// Signs a token as that issuer, as a build service would for a job.
    func workloadToken(_ body: JSON) throws(ControlError) -> Answer {
        let issuer: String
        let subject: String
        let audience: String
        let lifetime: Int
        do throws(ShapeError) {
            let shape = try JSONShape(body, at: "", known: ["issuer", "subject", "audience", "lifetime_seconds"])
            issuer = try shape.string("issuer") ?? WorkloadIssuer.standardName
            subject = try shape.requiredString("subject")
            audience = try shape.string("audience") ?? WorkloadIssuer.audience
            lifetime = try shape.integer("lifetime_seconds", in: 1...86_400) ?? 300
        } catch {
            throw ControlError(error)
        }
        let now = service.clock.now
        let issued = Int64(now.timeIntervalSince1970.rounded(.down))
        let claims: JSON = [
            "iss": .string(issuer), "sub": .string(subject), "aud": .string(audience), "iat": .integer(issued),
            "nbf": .integer(issued), "exp": .integer(issued + Int64(lifetime)),
            "jti": .string(service.randomness.guid().text),
        ]
        do {
            let key = try service.workload.withLock { try $0.key(for: issuer, now: now) }
            let token = try key.sign(claims, thumbprint: false)
            return .json(201, ["token": .string(token), "issuer": .string(issuer)])
        } catch {
            service.logger.error("a workload token could not be signed: \(error)")
            throw ControlError(status: 500, sentence: "The token could not be signed.")
        }
    }
}
