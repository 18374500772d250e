import Hummingbird
import Tenancy

/// Who calls at the operators' door, and what that caller may do.
struct Caller: Sendable {
    let actor: Actor
    let role: OperatorRole
}

/// What a request at the operators' door carries along.
struct OperatorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Set by ``Authentication`` before any route runs.
    var caller: Caller?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }

    /// The actor, if its role suffices.
    ///
    /// - Throws: ``AccessError`` otherwise; without a caller nobody gets in.
    func require(_ role: OperatorRole) throws(AccessError) -> Actor {
        guard let caller else { throw .unauthenticated }
        guard caller.role >= role else { throw .forbidden(needs: role) }
        return caller.actor
    }
}

/// Why a caller was turned away.
enum AccessError: ExplainedError {
    case unauthenticated
    case forbidden(needs: OperatorRole)

    var problem: Problem {
        switch self {
        case .unauthenticated:
            Problem(
                .unauthenticated, code: "unauthenticated",
                detail: "This door wants an API key, and none that is valid came.",
                nextStep: "Send `Authorization: Bearer tn_…`; make a key with `tenantry key create`.")
        case .forbidden(let role):
            Problem(
                .forbidden, code: "forbidden",
                detail: "This API key may not do that; it takes the role \(role.rawValue).",
                nextStep: "Use a key with that role.")
        }
    }
}
