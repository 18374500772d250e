import FoundationEssentials
import Synchronization

/// A request to Graph by a caller who is known, in a tenant that exists.
struct GraphRequest {
    let service: EmulatedService
    let incoming: Incoming
    let caller: GraphCaller
    /// As it was when the request came.
    let tenant: Tenant
    /// The address of the version that was asked, such as `https://localhost:8444/v1.0`.
    let root: String
    let now: Date

    /// The segments after the version.
    var path: [String] { Array(incoming.segments.dropFirst()) }

    /// The key of the entity that is addressed, alternate or `id`, and the segments after it; `nil` for the collection.
    func entity(_ segment: ODataSegment) -> (key: (name: String, value: String), rest: [String])? {
        let rest = Array(path.dropFirst())
        if let key = segment.key { return (key, rest) }
        return rest.first.map { (("id", $0), Array(rest.dropFirst())) }
    }

    /// `$metadata` of what a reply holds, such as `applications/$entity`.
    func context(_ name: String) -> JSON { .string("\(root)/$metadata#\(name)") }

    /// The body as an object of that type, all of whose members are known.
    func body(_ type: String, known: Set<String>) throws(GraphError) -> GraphBody {
        let value: JSON
        do throws(ShapeError) {
            value = try JSON(parsing: incoming.body)
        } catch {
            throw .malformedBody
        }
        return try GraphBody(value, type: type, known: known)
    }

    /// Changes the directory wholly or not at all.
    func change<Value: Sendable>(
        _ change: (inout Directory) throws(GraphError) -> Value
    ) throws(GraphError) -> Value {
        try service.directory.withLock { directory throws(GraphError) in
            var copy = directory
            let value = try change(&copy)
            directory = copy
            return value
        }
    }

    /// Refuses what this replica has not heard of yet.
    ///
    /// While an object is on its way, one replica of two lets it be read; nothing can be done to it.
    func requireReplicated(from instant: Date, else error: GraphError) throws(GraphError) {
        guard now < instant else { return }
        let isRead = incoming.method == "GET" || incoming.method == "HEAD"
        guard isRead, service.nextGraphReplicaKnows() else { throw error }
    }

    /// When what is made now is known to all of Graph.
    var replicatedFrom: Date {
        now.addingTimeInterval(service.latency.withLock { $0.replicationDelaySeconds })
    }

    func answer(_ status: Int, _ body: JSON) -> Answer {
        .json(status, body, headers: [("OData-Version", "4.0")])
    }

    static let noContent = Answer(status: 204)
}
