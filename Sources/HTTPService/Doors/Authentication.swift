import HTTPTypes
import Hummingbird
import Tenancy

/// How callers of a door prove who they are.
package enum Admission: Sendable {
    /// By an API key in `Authorization: Bearer`.
    case apiKey
    /// By reaching the Unix socket at all: the directory it lies in is closed to everyone but its owner.
    case owner(uid: UInt32)
}

/// Names the caller before any route runs.
struct Authentication: RouterMiddleware {
    typealias Context = OperatorContext

    let admission: Admission
    let keys: KeyIssuer

    func handle(
        _ request: Request, context: OperatorContext, next: (Request, OperatorContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        switch admission {
        case .owner(let uid): context.caller = Caller(actor: .localUser(uid: uid), role: .admin)
        case .apiKey:
            guard let key = try await key(in: request) else { throw AccessError.unauthenticated }
            context.caller = Caller(actor: .apiKey(key.id), role: key.role)
        }
        return try await next(request, context)
    }

    private func key(in request: Request) async throws(StoreError) -> APIKey? {
        guard let header = request.headers[.authorization], header.utf8.count > 7,
            header.utf8.prefix(7).elementsEqual("bearer ".utf8, by: { $0 | 0x20 == $1 })
        else { return nil }
        return try await keys.authenticate(String(Substring(header.utf8.dropFirst(7))))
    }
}
