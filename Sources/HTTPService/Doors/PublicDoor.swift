import HTTPTypes
import Hummingbird
import Logging
import Tenancy

/// The door that customers' browsers come through: two pages, a stylesheet and the callback, nothing else.
package struct PublicDoor: Sendable {
    private let steps: Steps
    private let renderer: PageRenderer
    private let publicURL: String

    /// - Parameter publicURL: the base of this door as browsers reach it.
    /// - Throws: when the embedded pages are broken.
    package init(steps: Steps, publicURL: String) throws {
        self.steps = steps
        self.publicURL = publicURL.hasSuffix("/") ? String(publicURL.dropLast()) : publicURL
        renderer = try PageRenderer()
    }

    func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: PageMiddleware(renderer: renderer))
        ConsentPages(
            consent: steps.consent, renderer: renderer, verificationWake: steps.verificationWake, publicURL: publicURL
        ).add(to: router)
        HealthRoutes(store: steps.stores.tenants).add(to: router)
        return router
    }
}

/// Puts the security headers on every reply, and a page in the place of a bare error.
private struct PageMiddleware: RouterMiddleware {
    typealias Context = BasicRequestContext

    let renderer: PageRenderer

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as any HTTPResponseError where error.status == .notFound {
            response = renderer.message(.unknownLink, status: .notFound)
        } catch let error as any HTTPResponseError {
            response = renderer.message(.notAnAnswer, status: error.status)
        } catch {
            context.logger.error(
                "page failed", metadata: ["reason": "\((error as? any ExplainedError)?.problem.detail ?? "unexpected")"]
            )
            response = renderer.message(.unavailable, status: .serviceUnavailable)
        }
        // One link to Microsoft's page is followed by the reader's own click; nothing else may load or post.
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        response.headers[.xContentTypeOptions] = "nosniff"
        if let referrer = HTTPField.Name("Referrer-Policy") { response.headers[referrer] = "no-referrer" }
        if let robots = HTTPField.Name("X-Robots-Tag") { response.headers[robots] = "noindex" }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return request.method == .head ? response.createHeadResponse() : response
    }
}
