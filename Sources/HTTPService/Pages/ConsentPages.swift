import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Tenancy

/// The public door: the page behind a consent link, and the callback from Microsoft.
struct ConsentPages {
    let consent: ConsentBroker
    let renderer: PageRenderer
    /// Ends a wait of the verification loop.
    let verificationWake: Wake
    /// Base of this door as browsers reach it, without a trailing slash.
    let publicURL: String

    /// One for each link, so that two pages in one browser do not take each other's.
    private static func cookie(of attempt: some StringProtocol) -> String { "tenantry_sign_in_\(attempt.prefix(8))" }

    func add(to router: Router<BasicRequestContext>) {
        router.get("/connect/:attempt", use: connect)
        router.get("/consent/callback", use: callback)
        // Link scanners ask with HEAD; an answer is taken from a GET only.
        router.head("/consent/callback") { _, _ in Response(status: .methodNotAllowed) }
        router.get("/assets/page.css", use: stylesheet)
    }

    @Sendable private func stylesheet(_ request: Request, _ context: BasicRequestContext) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "public, max-age=3600"],
            body: ResponseBody(byteBuffer: .init(bytes: renderer.stylesheet)))
    }

    /// Reading the page uses nothing up, however often a mail scanner does it.
    @Sendable private func connect(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        guard let id = AttemptID(context.parameters.get("attempt") ?? ""),
            let invitation = try await consent.invitation(id)
        else { return renderer.message(.unknownLink, status: .notFound) }
        if let signIn = invitation.signIn {
            var response = renderer.message(MessagePage(invitation, signIn: signIn.url))
            let secure = publicURL.hasPrefix("https://") ? "; Secure" : ""
            response.headers[.setCookie] =
                "\(Self.cookie(of: id.description))=\(signIn.browser.exposed); Path=/consent/callback; Max-Age=3600; "
                + "HttpOnly; SameSite=Lax\(secure)"
            return response
        }
        guard let url = invitation.adminConsentURL else { return renderer.message(MessagePage(invitation)) }
        if invitation.attempt.outcome == .delayed, invitation.connection.check?.reason == .claim {
            return renderer.message(MessagePage(seeking: invitation))
        }
        return renderer.invitation(InvitationPage(invitation, url: url, page: "\(publicURL)/connect/\(id)"))
    }

    /// Takes the answer and sends the browser on to the link's own page, so that the state leaves the address bar.
    @Sendable private func callback(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let callback: UnverifiedCallback
        do throws(UnverifiedConsentCallback.Malformed) {
            callback = try UnverifiedCallback(query: request.uri.query ?? "")
        } catch {
            return renderer.message(.notAnAnswer, status: .badRequest)
        }
        let attempt: AttemptID
        do throws(ConsentError) {
            switch callback {
            case .consent(let answer):
                let (settled, _) = try await consent.receive(answer)
                context.logger.info(
                    "consent answered", metadata: ["tenant": "\(settled.tenant)", "app": "\(settled.app)"])
                attempt = settled.id
            case .signIn(let answer):
                let (settled, refusal) = try await consent.receive(
                    answer, browser: Self.browser(of: request, answer.state))
                context.logger.info(
                    "administrator signed in",
                    metadata: [
                        "tenant": "\(settled.tenant)", "app": "\(settled.app)",
                        "verdict": "\(refusal?.problem.code ?? "accepted")",
                    ])
                attempt = settled.id
            }
            verificationWake.signal()
        } catch {
            switch error {
            case .alreadyUsed(let id):
                verificationWake.signal()
                attempt = id
            case .unknownState: return renderer.message(.notAnAnswer, status: .badRequest)
            case .expired: return renderer.message(.expired, status: .gone)
            case .otherBrowser: return renderer.message(.otherBrowser, status: .forbidden)
            case .otherCloud, .cloudNotConfigured, .invalidLife, .ownTenantOnly, .notOpen, .noConflict, .wouldNarrow,
                .store:
                throw error
            }
        }
        return Response(status: .seeOther, headers: [.location: "/connect/\(attempt)"])
    }

    /// The cookie that belongs to the link which the state names.
    private static func browser(of request: Request, _ state: OneTimeState) -> Secret<String>? {
        let name = cookie(of: state.exposed.prefix { $0 != "." }) + "="
        let pairs = request.headers[values: .cookie].flatMap { $0.split(separator: ";") }
        return pairs.lazy.map { $0.drop { $0 == " " } }.first { $0.hasPrefix(name) }.map {
            Secret(String($0.dropFirst(name.count)))
        }
    }
}
