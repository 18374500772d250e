/// Faults in waiting, in the order they were armed. Each is used up by the requests it fits.
struct FaultQueue: Sendable {
    private(set) var waiting: [Fault] = []
    private var next = 1

    /// The most faults that can wait at one time.
    static let limit = 1000

    mutating func arm(
        endpoint: RequestHistory.Endpoint, tenant: String?, count: Int, kind: Fault.Kind
    ) -> Int {
        let id = next
        next += 1
        waiting.append(Fault(id: id, endpoint: endpoint, tenant: tenant, kind: kind, remaining: count))
        return id
    }

    mutating func clear() {
        waiting = []
    }

    /// Takes the first fault that fits, counting it down.
    ///
    /// - Parameter names: every name of the tenant the request is for, in lower case.
    mutating func take(endpoint: RequestHistory.Endpoint, names: [String]) -> Fault? {
        let found = waiting.firstIndex { fault in
            fault.endpoint == endpoint && (fault.tenant.map { names.contains($0.lowercased()) } ?? true)
        }
        guard let found else { return nil }
        let fault = waiting[found]
        waiting[found].remaining -= 1
        if waiting[found].remaining == 0 { waiting.remove(at: found) }
        return fault
    }
}
