import Foundation
import Tenancy
import TestSupport

/// The claims of an app-only token as Entra words them. Everything fits the key until it is changed.
struct TestToken {
    var claims: [String: Any]
    var lifetime: TimeInterval = 3_600

    init(_ key: TokenKey, roles: [String] = ["User.Read.All", "Group.Read.All"], mark: String = "first") {
        claims = [
            "tid": key.tenant.description, "appid": key.clientID.description, "aud": key.resource.description,
            "oid": guid(77).description, "mark": mark,
        ]
        if !roles.isEmpty { claims["roles"] = roles }
    }

    func with(_ name: String, _ value: Any?) -> TestToken {
        var copy = self
        copy.claims[name] = value
        return copy
    }

    func living(_ seconds: TimeInterval) -> TestToken {
        var copy = self
        copy.lifetime = seconds
        return copy
    }

    /// The compact form; the signature is no signature, as nobody here may check it.
    var jwt: String {
        get throws {
            let payload = try JSONSerialization.data(withJSONObject: claims, options: .sortedKeys)
            return "\(Base64URL.encode(Array(#"{"alg":"RS256"}"#.utf8))).\(Base64URL.encode(payload)).c2ln"
        }
    }

    func unverified(at now: Date = ManualClock.start) throws -> UnverifiedToken {
        UnverifiedToken(value: Secret(try jwt), receivedAt: now, lifetime: lifetime)
    }
}
