import HTTPTypes
import Hummingbird
import Tenancy

/// `/livez` and `/readyz`, for whoever supervises the process.
struct HealthRoutes {
    let store: any TenantStore

    func add(to router: Router<some RequestContext>) {
        router.get("/livez") { _, _ in Response(status: .ok, headers: Self.plain, body: Self.body("ok")) }
        router.get("/readyz") { _, _ in
            do {
                _ = try await store.tenants(after: nil, limit: 1)
                return Response(status: .ok, headers: Self.plain, body: Self.body("ready"))
            } catch {
                return Response(
                    status: .serviceUnavailable, headers: Self.plain, body: Self.body("not ready: the store fails"))
            }
        }
    }

    private static let plain: HTTPFields = [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"]

    private static func body(_ text: String) -> ResponseBody { ResponseBody(byteBuffer: .init(string: text + "\n")) }
}
