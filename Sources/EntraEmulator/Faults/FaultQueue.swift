/// Faults in waiting, in the order they were armed. Each is used up by the requests it fits.
struct FaultQueue: Sendable {
    private(set) var waiting: [Fault] = []
    private var next = 1

    /// The most faults that can wait at one time.
    static let limit = 1000

    mutating func arm(_ match: Fault.Match, skip: Int, count: Int, kind: Fault.Kind) -> Int {
        let id = next
        next += 1
        waiting.append(Fault(id: id, match: match, kind: kind, skip: skip, remaining: count))
        return id
    }

    mutating func clear() {
        waiting = []
    }

    /// Takes the first fault that fits, counting it down. One that lets the request through first lets the next have it.
    ///
    /// - Parameter names: every name of the tenant the request is for, in lower case.
    mutating func take(_ incoming: Incoming, endpoint: RequestHistory.Endpoint, names: [String]) -> Fault? {
        for index in waiting.indices where waiting[index].match.fits(incoming, endpoint: endpoint, names: names) {
            if waiting[index].skip > 0 {
                waiting[index].skip -= 1
                continue
            }
            let fault = waiting[index]
            waiting[index].remaining -= 1
            if waiting[index].remaining == 0 { waiting.remove(at: index) }
            return fault
        }
        return nil
    }
}
