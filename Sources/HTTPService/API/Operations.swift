import FoundationEssentials
import Hummingbird
import Synchronization
package import Tenancy

/// Long work that somebody follows. It lives in memory: all of it may be begun again after a restart and finds what is
/// done already.
package final class Operations: Sendable {
    /// One piece of work.
    struct Operation: Sendable {
        enum State: String, Sendable { case running, succeeded, failed }

        let id: String
        let kind: String
        /// Who may follow it.
        let role: OperatorRole
        var state: State
        /// What was begun so far, a line each.
        var progress: [String]
        var result: (any Encodable & Sendable)?
        var problem: Problem?
    }

    private struct Entry {
        var operation: Operation
        var task: Task<Void, Never>?
    }

    private struct Work {
        var entries: [String: Entry] = [:]
        /// The oldest first.
        var order: [String] = []
    }

    private let work = Mutex(Work())
    private let randomness: Randomness
    /// So many are remembered after they have ended.
    private static let memory = 100

    package init(randomness: Randomness) { self.randomness = randomness }

    /// Begins it. ``run()`` owns the task: it ends with the service.
    ///
    /// - Parameters:
    ///   - role: what it takes to follow it.
    ///   - body: gets a place to tell its progress to.
    func start(
        _ kind: String, for role: OperatorRole = .admin,
        _ body:
            @escaping @Sendable (_ progress: @escaping @Sendable (String) -> Void) async throws ->
            any Encodable & Sendable
    ) -> Operation {
        let id = Base32.encode(randomness.bytes(16))
        let operation = Operation(id: id, kind: kind, role: role, state: .running, progress: [])
        work.withLock { work in
            work.entries[id] = Entry(operation: operation)
            work.order.append(id)
            Self.forget(&work)
            work.entries[id]?.task = Task {
                do {
                    let result = try await body { line in self.update(id) { $0.progress.append(line) } }
                    self.finish(id) { $0.result = result }
                } catch let error as any ExplainedError {
                    self.finish(id) { $0.problem = error.problem }
                } catch {
                    self.finish(id) {
                        $0.problem = Problem(
                            .failure, code: "internal", detail: "The service failed where it should not.",
                            nextStep: "Look at the service's log at this time, and report it.")
                    }
                }
            }
        }
        return operation
    }

    func find(_ id: String) -> Operation? { work.withLock { $0.entries[id]?.operation } }

    /// Waits for the end of the service, then ends what still runs.
    package func run() async {
        // The wait ends with the task that runs this.
        await Wake().wait(until: nil, now: .distantPast)
        let running = work.withLock { $0.entries.values.compactMap(\.task) }
        for task in running { task.cancel() }
        for task in running { await task.value }
    }

    private func update(_ id: String, _ change: (inout Operation) -> Void) {
        work.withLock { work in
            guard var entry = work.entries[id] else { return }
            change(&entry.operation)
            work.entries[id] = entry
        }
    }

    private func finish(_ id: String, _ change: (inout Operation) -> Void) {
        update(id) {
            change(&$0)
            $0.state = $0.problem == nil ? .succeeded : .failed
        }
        work.withLock { $0.entries[id]?.task = nil }
    }

    private static func forget(_ work: inout Work) {
        while work.order.count > memory,
            let oldest = work.order.first(where: { id in
                work.entries[id].map { $0.operation.state != .running } ?? true
            })
        {
            work.entries[oldest] = nil
            work.order.removeAll { $0 == oldest }
        }
    }
}

/// `/v1/operations/{operation}`.
struct OperationRoutes {
    let operations: Operations

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/operations/:operation", use: show)
    }

    /// Where an operation is followed.
    static func accepted(_ operation: Operations.Operation) throws -> Response {
        var response = try JSONBody.response(Body(operation), status: .accepted)
        response.headers[.location] = "/v1/operations/\(operation.id)"
        return response
    }

    @Sendable private func show(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.operator)
        guard let operation = operations.find(try context.parameters.require("operation")) else {
            throw RequestError.unknown("That operation")
        }
        _ = try context.require(operation.role)
        return try JSONBody.response(Body(operation))
    }

    private struct Body: Encodable {
        let id: String
        let kind: String
        let state: String
        let progress: [String]
        let result: AnyBody?
        let problem: ProblemDocument?

        init(_ operation: Operations.Operation) {
            id = operation.id
            kind = operation.kind
            state = operation.state.rawValue
            progress = operation.progress
            result = operation.result.map(AnyBody.init)
            problem = operation.problem.map(ProblemDocument.init)
        }
    }

    private struct AnyBody: Encodable {
        let value: any Encodable

        init(_ value: any Encodable & Sendable) { self.value = value }

        func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
    }
}
