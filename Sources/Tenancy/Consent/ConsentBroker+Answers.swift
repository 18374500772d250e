import FoundationEssentials

/// What comes back on a link: the answer, and the sign-in after it.
extension ConsentBroker {
    /// Takes what a browser brought. The answer is recorded durably, and proof is due at once, before this returns.
    package func receive(_ callback: UnverifiedConsentCallback) async throws(ConsentError) -> (
        ConsentAttempt, ConsentAnswer
    ) {
        do {
            guard let attempt = try await store.attempt(provenBy: callback.state) else {
                throw ConsentError.unknownState
            }
            let now = clock.now()
            let answer = callback.answer(to: attempt)
            guard attempt.isApproved || now < attempt.expiresAt else { throw ConsentError.expired(attempt.tenant) }
            let isTaken = try await store.settle(
                attempt.id, with: answer, evidence: evidence(for: answer, at: now), at: now)
            guard isTaken else { throw ConsentError.alreadyUsed(attempt.id) }
            return (attempt, answer)
        } catch {
            throw ConsentError(error)
        }
    }

    private func evidence(for answer: ConsentAnswer, at now: Date) -> [Evidence] {
        var rows = [Evidence(.stateMatched, passed: true, saw: "The state was ours and unused.", at: now)]
        switch answer {
        case .approved:
            rows.append(
                Evidence(.tenantPinned, passed: true, saw: "The answer names the tenant that was asked.", at: now))
        case .misdirected:
            rows.append(Evidence(.tenantPinned, passed: false, saw: answer.note?.detail ?? "", at: now))
        case .delayed, .requested, .declined, .failed: break
        }
        return rows
    }

    /// Takes the administrator's sign-in. Its evidence is durable, and proof is due at once, before this returns.
    ///
    /// - Parameter browser: the cookie that came along.
    /// - Returns: the attempt, and why it does not count; `nil` when it does.
    package func receive(
        _ callback: UnverifiedSignInCallback, browser: Secret<String>?
    ) async throws(ConsentError) -> (ConsentAttempt, AdministratorSignInError?) {
        do {
            guard let attempt = try await store.attempt(signedInBy: callback.state),
                let app = try await apps.app(attempt.app), attempt.isApproved
            else { throw ConsentError.unknownState }
            guard browser == store.signIn(after: attempt).browser else { throw ConsentError.otherBrowser(attempt.id) }
            return try await signIns.take(attempt.id) { () async throws(ConsentError) in
                try await take(callback, after: attempt.id, app)
            }
        } catch {
            throw ConsentError(error)
        }
    }

    /// Asked anew, for another may have signed in since.
    private func take(
        _ callback: UnverifiedSignInCallback, after id: AttemptID, _ app: App
    ) async throws(ConsentError) -> (ConsentAttempt, AdministratorSignInError?) {
        do {
            guard let attempt = try await store.attempt(id)?.attempt, attempt.isApproved else {
                throw ConsentError.unknownState
            }
            guard attempt.administrator == nil else { throw ConsentError.alreadyUsed(id) }
            let now = clock.now()
            do throws(AdministratorSignInError) {
                let signIn = AdministratorSignIn(after: attempt, app: app, bound: store.signIn(after: attempt))
                let identity = try await authority.redeem(try callback.code(), for: signIn)
                try identity.requireMayConsent()
                let name = identity.objectID.description
                let saw =
                    identity.mayConsent == nil
                    ? "\(name) of this tenant signed in; the token does not tell the directory roles."
                    : "\(name) of this tenant signed in and holds a role that may consent."
                let isFirst = try await confirm(attempt, identity.objectID, saw, at: now)
                guard isFirst else { throw .store(.alreadyExists("A sign-in after this link")) }
                return (attempt, nil)
            } catch {
                let evidence = Evidence(.administrator, passed: false, saw: error.problem.detail, at: now)
                try await store.note([evidence], of: attempt.tenant, attempt.app)
                return (attempt, error)
            }
        } catch {
            throw ConsentError(error)
        }
    }

    private func confirm(
        _ attempt: ConsentAttempt, _ administrator: GUID, _ saw: String, at now: Date
    ) async throws(AdministratorSignInError) -> Bool {
        do throws(StoreError) {
            return try await store.confirm(
                attempt.id, administrator: administrator,
                evidence: [Evidence(.administrator, passed: true, saw: saw, at: now)], at: now)
        } catch {
            throw .store(error)
        }
    }
}
