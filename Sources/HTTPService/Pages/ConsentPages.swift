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
        if let url = invitation.adminConsentURL { return renderer.invitation(InvitationPage(invitation, url: url)) }
        return renderer.message(MessagePage(invitation))
    }

    /// Takes the answer and sends the browser on to the link's own page, so that the state leaves the address bar.
    @Sendable private func callback(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let answer: UnverifiedConsentCallback
        do throws(UnverifiedConsentCallback.Malformed) {
            answer = try UnverifiedConsentCallback(query: request.uri.query ?? "")
        } catch {
            return renderer.message(.notAnAnswer, status: .badRequest)
        }
        let attempt: AttemptID
        do throws(ConsentError) {
            let (settled, _) = try await consent.receive(answer)
            verificationWake.signal()
            context.logger.info(
                "consent answered", metadata: ["tenant": "\(settled.tenant)", "app": "\(settled.app)"])
            attempt = settled.id
        } catch {
            switch error {
            case .alreadyUsed(let id): attempt = id
            case .unknownState: return renderer.message(.notAnAnswer, status: .badRequest)
            case .expired: return renderer.message(.expired, status: .gone)
            case .otherCloud, .cloudNotConfigured, .invalidLife, .ownTenantOnly, .store: throw error
            }
        }
        return Response(status: .seeOther, headers: [.location: "/connect/\(attempt)"])
    }
}

extension InvitationPage {
    init(_ invitation: ConsentInvitation, url: Secret<String>) {
        title = "\(invitation.app.displayName) asks for your consent"
        app = invitation.app.displayName
        tenant = invitation.tenant.name
        tenantID = invitation.tenant.id.description
        permissions = invitation.permissions.map { Line(role: $0.role, reason: $0.reason) }
        self.url = url.exposed
        expires = String(invitation.expiresAt.ISO8601Format().prefix(10))
    }
}

extension MessagePage {
    static let unknownLink = MessagePage(
        "This link is not valid", ["Please open the link exactly as it was sent to you, or ask for a new one."])
    static let notAnAnswer = MessagePage(
        "This answer cannot be used",
        [
            "It belongs to no open question of ours. Nothing was changed.",
            "Please open the link you were sent and start again.",
        ])
    static let expired = MessagePage(
        "This link has expired", ["Nothing was changed. Please ask for a new link."])
    static let unavailable = MessagePage(
        "Please try again in a moment", ["The service has passing trouble. Nothing was changed."])

    /// What there is to say on a link that can no longer be answered. Notes for support staff stay inside.
    init(_ invitation: ConsentInvitation) {
        let (app, customer) = (invitation.app.displayName, invitation.tenant.name)
        switch invitation.outcome {
        case nil: self = .expired
        case .declined, .failed, .misdirected:
            if invitation.connection.isProven {
                self.init(
                    "Nothing was changed",
                    [
                        "\(app) already works for \(customer), and this answer takes nothing back.",
                        Self.howToRemove(app),
                    ])
            } else {
                self.init(refused: invitation)
            }
        case .approved, .delayed: self.init(approved: invitation)
        }
    }

    /// The one note that is meant for customers too.
    private static func whatIsMissing(_ connection: Connection) -> String? {
        connection.note?.code == "roles_missing" ? connection.note?.detail : nil
    }

    private static func howToRemove(_ app: String) -> String {
        "You can take this back at any time: Microsoft Entra admin center, Enterprise applications, \(app), Delete."
    }

    private init(refused invitation: ConsentInvitation) {
        switch invitation.outcome {
        case .declined:
            self.init(
                "You declined",
                [
                    "\(invitation.app.displayName) has been given nothing, and nothing more happens.",
                    "If that was a slip, ask for a new link.",
                ])
        case .misdirected:
            self.init(
                "Another organisation answered",
                [
                    "This link was made for \(invitation.tenant.name). The answer came for a different tenant, so nothing was changed.",
                    "Please sign in with an administrator account of that organisation, with a new link.",
                ])
        default:
            self.init(
                "Microsoft could not record your consent",
                [
                    "Nothing was changed. It often takes another account: a Global Administrator or Privileged Role Administrator of \(invitation.tenant.name).",
                    "Please ask for a new link.",
                ])
        }
    }

    private init(approved invitation: ConsentInvitation) {
        let (app, customer) = (invitation.app.displayName, invitation.tenant.name)
        switch invitation.connection.state {
        case .granted, .behind:
            self.init("Done. Thank you", ["\(app) can now work for \(customer).", Self.howToRemove(app)])
        case .narrowed:
            self.init(
                "Some permissions are missing",
                [
                    Self.whatIsMissing(invitation.connection) ?? "\(app) was given a part of what it asks for.",
                    "Please ask for a new link and approve all of it.",
                ])
        case .unreachable:
            self.init(
                "Your organisation blocks the app",
                [
                    "Your answer has arrived, but a policy or setting of \(customer) keeps \(app) out.",
                    "Please look at Conditional Access and at Enterprise applications, \(app).",
                ])
        default:
            if invitation.connection.check != nil {
                self.init(
                    "Almost there",
                    [
                        "Your answer has arrived. Microsoft is still carrying it through its systems; that takes from some seconds to 15 minutes.",
                        "This page looks again by itself. You may close it: nothing is lost.",
                    ], refresh: 5)
            } else {
                self.init(
                    "We could not confirm the consent",
                    [
                        "An answer arrived, but Microsoft shows no consent of \(customer) for \(app).",
                        "Please ask for a new link.",
                    ])
            }
        }
    }
}
