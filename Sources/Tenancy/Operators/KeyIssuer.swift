/// Makes, lists, checks and ends the API keys of the operators' door.
package struct KeyIssuer: Sendable {
    private let store: any APIKeyStore
    private let clock: WallClock
    private let randomness: Randomness
    private let proven = ProvenKeys()

    package init(store: any APIKeyStore, clock: WallClock, randomness: Randomness) {
        self.store = store
        self.clock = clock
        self.randomness = randomness
    }

    /// Makes a key. Its text is returned here and never again.
    package func issue(name: String, role: OperatorRole, by actor: Actor) async throws(KeyError) -> (
        APIKey, Secret<String>
    ) {
        guard (1...100).contains(name.count) else { throw .invalidName }
        let text = APIKeyText(role: role, randomness: randomness)
        let key = APIKey(id: text.id, name: name, role: role, createdAt: clock.now())
        do { try await store.add(key, secret: text.secret, by: actor) } catch { throw .store(error) }
        return (key, text.full)
    }

    /// The key that the text proves to hold, or `nil`. One that has proven itself before costs no look into the store.
    package func authenticate(_ text: String) async throws(StoreError) -> APIKey? {
        if let key = proven.key(text) { return key }
        guard let parsed = APIKeyText(parsing: text) else { return nil }
        let age = proven.age
        guard let key = try await store.authenticate(parsed) else { return nil }
        proven.remember(key, text, age: age)
        return key
    }

    package func keys() async throws(StoreError) -> [APIKey] { try await store.keys() }

    /// Ends the key: once this returns, it opens nothing any more.
    package func revoke(_ id: String, by actor: Actor) async throws(KeyError) {
        guard let id = APIKeyID(id) else { throw .store(.notFound("API key '\(id.prefix(20))'")) }
        defer { proven.forget() }
        do { try await store.revoke(id, at: clock.now(), by: actor) } catch { throw .store(error) }
    }
}

/// Why a key was not made or ended.
package enum KeyError: ExplainedError, Equatable {
    case invalidName
    case store(StoreError)

    package var problem: Problem {
        switch self {
        case .invalidName:
            Problem(
                .invalid, code: "key_name_invalid", detail: "An API key needs a name of 1 to 100 characters.",
                nextStep: "Name it after who will hold it.")
        case .store(let error): error.problem
        }
    }
}
