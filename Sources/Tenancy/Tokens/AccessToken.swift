package import FoundationEssentials

/// A token as the authority sent it. Its only way out is ``checked(for:)``.
package struct UnverifiedToken: Sendable {
    private let value: Secret<String>
    private let digest: TokenDigest
    private let receivedAt: Moment
    private let lifetime: TimeInterval
    private let refreshIn: TimeInterval?
    private let trace: AuthorityTrace?

    /// - Parameters:
    ///   - digest: the SHA-256 of the value.
    ///   - lifetime: seconds, the reply's `expires_in`.
    ///   - refreshIn: seconds, the reply's `refresh_in`, which long-lived tokens have.
    ///   - trace: the authority's ids of the reply; `nil` for a token that came from the store.
    package init(
        value: Secret<String>, digest: TokenDigest, receivedAt: Moment, lifetime: TimeInterval,
        refreshIn: TimeInterval? = nil, trace: AuthorityTrace? = nil
    ) {
        self.value = value
        self.digest = digest
        self.receivedAt = receivedAt
        self.lifetime = lifetime
        self.refreshIn = refreshIn
        self.trace = trace
    }

    /// The token, if its claims name exactly the tenant, app and resource of the key.
    ///
    /// - Throws: `mismatch`: the token is another's, and nobody may see it; `unreadable`: it is no JWT.
    package func checked(for key: TokenKey) throws(TokenError) -> AccessToken {
        guard let claims = TokenClaims(jwt: value.exposed) else { throw TokenError(key, .unreadable, trace: trace) }
        if let claim = claims.mismatch(with: key) { throw TokenError(key, .mismatch(claim), trace: trace) }
        guard claims.namesItsResource(of: key) else {
            throw TokenError(key, .foreignAudience(claims.audience ?? ""), trace: trace)
        }
        let life = life(claims)
        guard life > 0 else {
            throw TokenError(
                key, .unavailable("the token it sent has expired already; check this machine's clock"), trace: trace)
        }
        return AccessToken(
            value: value, digest: digest, claims: claims, key: key, acquiredAt: receivedAt, lifetime: life,
            refreshAfter: RefreshSchedule.refreshAfter(lifetime: life, refreshIn: refreshIn, key: key))
    }

    /// The token's own length of life counts from its arrival, so that a clock that is wrong here does no harm.
    private func life(_ claims: TokenClaims) -> TimeInterval {
        guard let end = claims.expiresAt else { return lifetime }
        guard let start = claims.issuedAt else { return min(lifetime, end.timeIntervalSince(receivedAt.date)) }
        return min(lifetime, end.timeIntervalSince(start))
    }
}

/// When a token is fetched anew although the old one still lives.
enum RefreshSchedule {
    /// A shorter life is not worth two requests.
    static let shortestLife: TimeInterval = 600

    /// Seconds from arrival. The authority's `refresh_in` when it gives one, else a little less than half of the life:
    /// after that an hour's token outlasts an outage of 25 minutes with five minutes to spare.
    ///
    /// Each key has its own place within a tenth of that, always the same, so that a fleet which came in together does
    /// not go together.
    static func refreshAfter(lifetime: TimeInterval, refreshIn: TimeInterval?, key: TokenKey) -> TimeInterval {
        var place = FNV1a()
        place.take(key.tenant.description)
        place.take(key.resource.description)
        let earlier = 0.2 * Double(place.value >> 11) / Double(1 << 53)
        if let refreshIn, refreshIn > 0, refreshIn < lifetime { return refreshIn * (1 - earlier / 2) }
        return lifetime < shortestLife ? lifetime : lifetime / 2 * (1 - earlier)
    }
}

/// An access token whose claims were held against its key. Immutable; a class, so that handing one out copies nothing.
package final class AccessToken: Sendable, Equatable {
    /// The instants on the steady clock at which it ends and should be replaced.
    let deadline: TimeInterval
    let refreshDue: TimeInterval
    /// Seconds it lives from its arrival.
    package let lifetime: TimeInterval
    /// What it was checked for.
    let key: TokenKey
    package let value: Secret<String>
    package let digest: TokenDigest
    package let claims: TokenClaims
    package let acquiredAt: Moment

    fileprivate init(
        value: Secret<String>, digest: TokenDigest, claims: TokenClaims, key: TokenKey, acquiredAt: Moment,
        lifetime: TimeInterval, refreshAfter: TimeInterval
    ) {
        self.value = value
        self.digest = digest
        self.claims = claims
        self.key = key
        self.acquiredAt = acquiredAt
        self.lifetime = lifetime
        deadline = acquiredAt.steady + lifetime
        refreshDue = acquiredAt.steady + refreshAfter
    }

    /// A token that comes back from the store, its claims held against the key again. `nil` when it has expired, or was
    /// got at a time of day that is yet to come: somebody has set the clock, and nobody knows how old it is. A clock that was
    /// set back by less than the token's age is not noticed: it may then be served past its end by as much.
    ///
    /// - Throws: `mismatch` or `unreadable`, as when it was first received.
    package static func restored(
        _ stored: StoredToken, for key: TokenKey, at now: Moment
    ) throws(TokenError) -> AccessToken? {
        let age = now.date.timeIntervalSince(stored.acquiredAt)
        guard age > -60, now.date < stored.expiresAt else { return nil }
        let received = Moment(date: stored.acquiredAt, steady: now.steady - age)
        let token = UnverifiedToken(
            value: stored.value, digest: stored.digest, receivedAt: received,
            lifetime: stored.expiresAt.timeIntervalSince(stored.acquiredAt))
        return try token.checked(for: key).refreshing(after: stored.refreshAt.timeIntervalSince(stored.acquiredAt))
    }

    /// The same token with another instant of refresh, seconds after its arrival.
    func refreshing(after seconds: TimeInterval) -> AccessToken {
        AccessToken(
            value: value, digest: digest, claims: claims, key: key, acquiredAt: acquiredAt, lifetime: lifetime,
            refreshAfter: seconds)
    }

    /// As the store keeps it.
    var stored: StoredToken {
        StoredToken(
            value: value, digest: digest, acquiredAt: acquiredAt.date, expiresAt: acquiredAt.date + lifetime,
            refreshAt: acquiredAt.date + (refreshDue - acquiredAt.steady))
    }

    /// The time of day at which it ends, by the clock that stood when it came.
    package var expiresAt: Date { acquiredAt.date + lifetime }

    /// Seconds it still lives; not more than zero when it has ended.
    ///
    /// - Parameter now: on the steady clock.
    package func life(at now: TimeInterval) -> TimeInterval { deadline - now }

    /// Whether it lives so many seconds more. In the first half of its life it always does, for the authority has no
    /// longer one to give.
    func lives(_ seconds: TimeInterval, at now: TimeInterval) -> Bool {
        life(at: now) > min(seconds, lifetime / 2)
    }

    /// Whether it was checked for that very key.
    func belongs(to key: TokenKey) -> Bool { self.key == key }

    package static func == (left: AccessToken, right: AccessToken) -> Bool {
        left === right || (left.digest == right.digest && left.key == right.key && left.deadline == right.deadline)
    }
}

extension TokenClaims {
    /// The first claim that belongs to another key; `nil` when all fit.
    func mismatch(with key: TokenKey) -> String? {
        if tenant.flatMap({ TenantID($0) }) != key.tenant { return "tid" }
        if clientID.flatMap({ ClientID($0) }) != key.clientID { return "appid" }
        guard let audience else { return "aud" }
        switch (GUID(audience), GUID(key.resource.description)) {
        case (let audience?, let resource?): return audience == resource ? nil : "aud"
        case (nil, nil): return Self.isSame(audience, key.resource) ? nil : "aud"
        // One is a GUID and the other a URI: see `namesItsResource`.
        case (nil, _?), (_?, nil): return nil
        }
    }

    /// Whether audience and resource are spelt alike, so that they could be compared. The one pair that is known
    /// otherwise is Microsoft Graph's.
    func namesItsResource(of key: TokenKey) -> Bool {
        let (audience, resource) = (audience.flatMap { GUID($0) }, GUID(key.resource.description))
        if (audience == nil) == (resource == nil) { return true }
        let (guid, uri) =
            resource == nil ? (audience, key.resource.description) : (resource, self.audience ?? "")
        return guid == Resource.graphID && Resource.graphRoots.contains { uri == $0 || uri == $0 + "/" }
    }

    private static func isSame(_ audience: String, _ resource: Resource) -> Bool {
        func trimmed(_ text: String) -> Substring { text.hasSuffix("/") ? text.dropLast() : text[...] }
        return trimmed(audience) == trimmed(resource.description)
    }
}
