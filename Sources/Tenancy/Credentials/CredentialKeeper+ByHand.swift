/// What an operator does with a credential at once.
extension CredentialKeeper {
    /// Remembers a credential that is in Entra already. The first of an app becomes its preferred one.
    package func add(
        _ brought: BroughtCredential, to app: App, preferring: Bool, by actor: Actor
    ) async throws(RegistrationError) -> CredentialID {
        try await turns.take(app.name) { () throws(RegistrationError) in
            let now = clock.now()
            let crafted = try ports.craft.read(brought, at: now)
            try await checkTwins(of: crafted, app)
            if case .federated(let source) = crafted.value { _ = try await registry.claims(from: source) }
            let id = CredentialID(randomness)
            let isFirst = try await !credentials(of: app).contains { $0.stored == .preferred }
            try await change(
                [.add(crafted.new(id, of: app.name, .active, at: now))]
                    + (preferring || isFirst ? [.prefer(id, retiringOther: nil)] : []), of: app, by: actor)
            return id
        }
    }

    /// Uses it first from now on.
    package func prefer(_ id: CredentialID, of app: App, by actor: Actor) async throws(RegistrationError) {
        try await turns.take(app.name) { () throws(RegistrationError) in
            guard let credential = try await credentials(of: app).first(where: { $0.id == id }) else {
                throw .unknownCredential(id.description)
            }
            guard credential.stored != .pending else { throw .credentialPending(id) }
            guard !credential.isExpired(at: clock.now()) else {
                throw .credential(
                    code: "credential_expired", why: "Credential \(id) has expired.",
                    nextStep: "Rotate, or add another.")
            }
            try await change([.prefer(id, retiringOther: nil)], of: app, by: actor)
        }
    }

    /// Takes a credential out, in Entra and here, at once.
    ///
    /// - Parameter inDirectory: `false` leaves Entra alone.
    package func retire(
        _ id: CredentialID, of app: App, inDirectory: Bool, as wanted: DirectoryAccess?, by actor: Actor
    ) async throws(RegistrationError) {
        try await turns.take(app.name) { () throws(RegistrationError) in
            let now = clock.now()
            let all = try await credentials(of: app)
            guard let credential = all.first(where: { $0.id == id }) else { throw .unknownCredential(id.description) }
            if let rotation = try await rotation(of: app), !rotation.isFinal, rotation.credential == id {
                throw .rotationRunning(app.name, id)
            }
            let others = all.filter { $0.id != id && $0.works(at: now) }
            guard !others.isEmpty || !credential.isUsable(at: now) else { throw .lastCredential(id) }
            if inDirectory {
                try await registry.withdraw(credential, from: app, in: try await session(for: app, as: wanted))
            }
            let heir = credential.stored == .preferred ? others.inOrderOfUse(at: now).first : nil
            try await change(
                [.remove(id)] + (heir.map { [.prefer($0.id, retiringOther: nil)] } ?? []), of: app, by: actor)
        }
    }
}
