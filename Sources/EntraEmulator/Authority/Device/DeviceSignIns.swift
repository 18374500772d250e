import FoundationEssentials

/// One sign-in of a user on another device than the one that asked for it (RFC 8628).
struct DeviceSignIn: Sendable {
    enum State: Sendable {
        case waiting
        case approved(tenant: GUID, user: User)
        case declined
        /// The token was given out.
        case used
    }

    let deviceCode: String
    /// What a person types.
    let userCode: String
    let client: GUID
    /// `nil` when the account that signs in decides.
    let tenant: GUID?
    let permissions: DelegatedPermissions
    /// The first instant at which the codes are worth nothing.
    let expires: Date
    let intervalSeconds: Int
    fileprivate(set) var state = State.waiting
    fileprivate var lastPoll: Date?

    init(
        deviceCode: String, userCode: String, client: GUID, tenant: GUID?, permissions: DelegatedPermissions,
        expires: Date, intervalSeconds: Int
    ) {
        self.deviceCode = deviceCode
        self.userCode = userCode
        self.client = client
        self.tenant = tenant
        self.permissions = permissions
        self.expires = expires
        self.intervalSeconds = intervalSeconds
    }
}

/// Sign-ins that were begun, oldest first.
struct DeviceSignIns: Sendable {
    /// How long the codes are good for.
    static let lifetimeSeconds: Double = 900
    private static let limit = 1000

    /// What a device that asks is told.
    enum Poll {
        case unknown
        case expired
        case waiting
        case tooFast
        case declined
        case approved(tenant: GUID, user: User, DelegatedPermissions)
    }

    private(set) var all: [DeviceSignIn] = []

    mutating func add(_ signIn: DeviceSignIn) {
        if all.count >= Self.limit { all.removeFirst() }
        all.append(signIn)
    }

    /// The sign-in of a code a person typed, whatever its case, as long as it waits to be decided.
    func waiting(_ userCode: String, at now: Date) -> DeviceSignIn? {
        let wanted = userCode.uppercased().filter { $0 != " " && $0 != "-" }
        return all.first { signIn in
            guard case .waiting = signIn.state else { return false }
            return signIn.userCode == wanted && now < signIn.expires
        }
    }

    /// Decides a sign-in that waits.
    mutating func decide(_ userCode: String, _ state: DeviceSignIn.State) {
        guard let index = all.firstIndex(where: { $0.userCode == userCode }) else { return }
        if case .waiting = all[index].state { all[index].state = state }
    }

    /// What the device is told that asks now. An approval is told once.
    mutating func poll(_ deviceCode: String, client: GUID, at now: Date) -> Poll {
        guard let index = all.firstIndex(where: { $0.deviceCode == deviceCode && $0.client == client }) else {
            return .unknown
        }
        let signIn = all[index]
        guard now < signIn.expires else { return .expired }
        all[index].lastPoll = now
        switch signIn.state {
        case .used: return .unknown
        case .declined: return .declined
        case .approved(let tenant, let user):
            all[index].state = .used
            return .approved(tenant: tenant, user: user, signIn.permissions)
        case .waiting:
            let isTooFast = signIn.lastPoll.map { now.timeIntervalSince($0) < Double(signIn.intervalSeconds) } ?? false
            return isTooFast ? .tooFast : .waiting
        }
    }
}
