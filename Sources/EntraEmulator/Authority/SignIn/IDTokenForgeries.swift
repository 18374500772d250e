/// Forgeries in waiting, each for the next id_token of one tenant.
struct IDTokenForgeries: Sendable {
    private var waiting: [GUID: [IDTokenForgery]] = [:]

    mutating func arm(_ forgery: IDTokenForgery, for tenant: GUID) {
        waiting[tenant, default: []].append(forgery)
    }

    mutating func clear(_ tenant: GUID) {
        waiting[tenant] = nil
    }

    func all(for tenant: GUID) -> [IDTokenForgery] { waiting[tenant] ?? [] }

    /// Takes the one that was armed first.
    mutating func next(for tenant: GUID) -> IDTokenForgery? {
        guard let first = waiting[tenant]?.first else { return nil }
        waiting[tenant]?.removeFirst()
        return first
    }
}
