import Synchronization

/// Deciding a device sign-in as a person would in a browser.
extension ControlPlane {
    /// `{"user_code", "decision": "approve" or "decline", "user"}`; without `user` one signs in who may consent.
    func decideDevice(_ body: JSON) throws(ControlError) -> Answer {
        let userCode: String
        let isApproval: Bool
        let account: String?
        do throws(ShapeError) {
            let shape = try JSONShape(body, at: "", known: ["user_code", "decision", "user"])
            userCode = try shape.requiredString("user_code")
            let decision = try shape.requiredString("decision")
            guard decision == "approve" || decision == "decline" else {
                throw shape.error("decision", "must be approve or decline")
            }
            isApproval = decision == "approve"
            account = try shape.string("user")
        } catch {
            throw ControlError(error)
        }
        let now = service.clock.now
        guard let signIn = service.signIns.withLock({ $0.waiting(userCode, at: now) }) else {
            throw .notFound("No sign-in waits for the code '\(userCode)'.")
        }
        let (tenant, user) = try person(account, signIn)
        service.signIns.withLock {
            $0.decide(signIn.userCode, isApproval ? .approved(tenant: tenant.id, user: user) : .declined)
        }
        return .json(
            200,
            [
                "outcome": isApproval ? "approved" : "declined", "tenant": .string(tenant.id.text),
                "user": .string(user.principalName),
            ])
    }

    private func person(
        _ name: String?, _ signIn: DeviceSignIn
    ) throws(ControlError) -> (tenant: Tenant, user: User) {
        let directory = service.snapshot
        guard let name else {
            guard let tenant = signIn.tenant.flatMap({ directory.tenants[$0] }) else {
                throw .badRequest("The sign-in names no tenant, so 'user' must say who signs in.")
            }
            return (tenant, tenant.firstAdministrator)
        }
        guard let found = directory.account(name, in: signIn.tenant.flatMap({ directory.tenants[$0] })) else {
            throw .notFound("There is no account '\(name)'.")
        }
        guard signIn.tenant == nil || signIn.tenant == found.tenant.id else {
            throw .conflict("The account '\(name)' belongs to another tenant than the sign-in.")
        }
        return found
    }

    /// Sign-ins that were begun, for a test that cannot read the code where it is shown. Device codes are left out.
    func deviceSignIns() -> Answer {
        let signIns = service.signIns.withLock { $0.all }
        return .json(
            200,
            [
                "sign_ins": .array(
                    signIns.map { signIn in
                        let state =
                            switch signIn.state {
                            case .waiting: "waiting"
                            case .approved: "approved"
                            case .declined: "declined"
                            case .used: "used"
                            }
                        return [
                            "user_code": .string(signIn.userCode), "client_id": .string(signIn.client.text),
                            "tenant": signIn.tenant.map { .string($0.text) } ?? .null,
                            "scopes": .strings(signIn.permissions.scopes), "state": .string(state),
                            "expires": .string(Timestamps.iso(signIn.expires)),
                        ]
                    })
            ])
    }

    /// `{"interval_seconds": 1}`: how often devices that begin from now on may ask.
    func changeDeviceInterval(_ body: JSON) throws(ControlError) -> Answer {
        do throws(ShapeError) {
            let shape = try JSONShape(body, at: "", known: ["interval_seconds"])
            guard let interval = try shape.integer("interval_seconds", in: 1...600) else {
                throw shape.error("interval_seconds", "is missing")
            }
            service.latency.withLock { $0.deviceCodeIntervalSeconds = interval }
            return .json(200, ["interval_seconds": .integer(Int64(interval))])
        } catch {
            throw ControlError(error)
        }
    }
}
