import FoundationEssentials
import Synchronization

/// `/{tenant}/oauth2/v2.0/devicecode`: begins a sign-in on another device.
struct DeviceCodeEndpoint {
    let service: EmulatedService
    let addresses: EmulatorAddresses

    func respond(_ incoming: Incoming, segment: String, _ correlation: Correlation) -> Answer {
        let form = incoming.form
        var answer: Answer
        do throws(AuthorityError) {
            let signIn = try begin(incoming, form, segment, correlation.now)
            service.signIns.withLock { $0.add(signIn) }
            answer = .json(
                200, reply(signIn), headers: correlation.headers + [("Cache-Control", "no-store, no-cache")])
        } catch {
            answer = error.answer(
                correlation, errorURI: "\(addresses.login)/error", cacheControl: "no-store, no-cache")
        }
        answer.note.clientID = form["client_id"]
        return answer
    }

    private func begin(
        _ incoming: Incoming, _ form: FormFields, _ segment: String, _ now: Date
    ) throws(AuthorityError) -> DeviceSignIn {
        guard incoming.method == "POST" else { throw .wrongMethod(incoming.method) }
        if form.isMalformed { throw .malformedBody }
        let directory = service.snapshot
        let tenant = try Self.tenant(TenantSegment(segment, in: directory))
        guard let client = form["client_id"] else { throw .missingParameter("client_id") }
        guard let scope = form["scope"] else { throw .missingParameter("scope") }
        guard let id = GUID(client) else { throw .unknownApplication(client, in: tenant) }
        try DeviceCodeGrant.requirePublic(id, in: directory, tenant: tenant)
        return DeviceSignIn(
            deviceCode: service.randomness.opaque(72), userCode: userCode(), client: id, tenant: tenant?.id,
            permissions: try DelegatedPermissions(scope, directory: directory),
            expires: now.addingTimeInterval(DeviceSignIns.lifetimeSeconds),
            intervalSeconds: service.latency.withLock { $0.deviceCodeIntervalSeconds })
    }

    private func reply(_ signIn: DeviceSignIn) -> JSON {
        let page = "\(addresses.login)/devicelogin"
        return [
            "user_code": .string(signIn.userCode), "device_code": .string(signIn.deviceCode),
            "verification_uri": .string(page), "expires_in": .integer(Int64(DeviceSignIns.lifetimeSeconds)),
            "interval": .integer(Int64(signIn.intervalSeconds)),
            "message": .string(
                "To sign in, use a web browser to open the page \(page) and enter the code \(signIn.userCode) to "
                    + "authenticate."),
        ]
    }

    /// `nil` for a shared authority.
    static func tenant(_ asked: TenantSegment) throws(AuthorityError) -> Tenant? {
        switch asked {
        case .refused(let error): throw error
        case .shared(.consumers): throw .grantNotForSharedTenant
        case .shared: return nil
        case .tenant(let tenant):
            guard tenant.cloud == .global else { throw .nationalCloud }
            return tenant
        }
    }

    /// Nine characters that cannot be taken for one another.
    private func userCode() -> String {
        let alphabet = Array("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        return String(service.randomness.bytes(9).map { alphabet[Int($0) % alphabet.count] })
    }
}
