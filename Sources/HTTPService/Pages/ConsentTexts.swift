import FoundationEssentials
import Tenancy

extension InvitationPage {
    /// - Parameter page: the address of the page itself.
    init(_ invitation: ConsentInvitation, url: Secret<String>, page: String) {
        title = "\(invitation.app.displayName) asks for your consent"
        (notice, self.page) = (Self.notice(invitation), page)
        app = invitation.app.displayName
        tenant = invitation.tenant.name
        tenantID = invitation.tenant.id.description
        permissions = invitation.permissions.map { permission in
            Line(
                role: permission.role, reason: permission.reason,
                isNew: !invitation.granted.isEmpty && !invitation.granted.contains { $0.asksSame(as: permission) })
        }
        self.url = url.exposed
        expires = String(invitation.attempt.expiresAt.ISO8601Format().prefix(10))
        mail = ConsentMail(invitation.app, invitation.tenant, link: page, expiresAt: invitation.attempt.expiresAt).body
        code = QRCode(page)?.svg
    }

    /// What came of the last answer, when the link is still open after it.
    private static func notice(_ invitation: ConsentInvitation) -> String? {
        let customer = invitation.tenant.name
        switch invitation.attempt.outcome {
        case nil, .approved, .cancelled: return nil
        case .delayed:
            return
                "Microsoft could not record your answer, and shows no consent of \(customer). Please accept once more."
        case .requested:
            return "Your request was sent to the administrators of \(customer). Nothing more happens until one of them "
                + "approves it, there or here; you can also forward this page."
        case .declined: return "The last answer was no, and nothing was changed. You can still accept."
        case .misdirected:
            return "The last answer came for a different organisation than \(customer), so nothing was changed. Please "
                + "sign in with an administrator account of \(customer)."
        case .failed:
            return
                "Microsoft could not record the last answer, and nothing was changed. It often takes another account: "
                + "a Global Administrator or Privileged Role Administrator of \(customer)."
        }
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

    static let otherBrowser = MessagePage(
        "Please sign in from the browser where you accepted",
        [
            "This sign-in was begun somewhere else. Nothing was changed.",
            "Open the link you were sent in the browser where you accepted it, and continue from there.",
        ])

    /// What there is to say on a link that can no longer be answered. Notes for support staff stay inside.
    init(_ invitation: ConsentInvitation) {
        switch invitation.attempt.outcome {
        case .approved, .delayed:
            // What was proven before says nothing about this answer.
            if invitation.connection.check?.reason == .claim {
                self.init(seeking: invitation)
            } else {
                self.init(approved: invitation)
            }
        case .cancelled:
            self.init("This link was taken back", ["Nothing was changed. Please ask for a new link if you need one."])
        case nil, .requested, .declined, .failed, .misdirected: self = .expired
        }
    }

    /// The step between accepting and the proof, where the app requires it.
    init(_ invitation: ConsentInvitation, signIn: Secret<String>) {
        let refusal = invitation.evidence.first { $0.check == .administrator && !$0.passed }
        self.init(
            "One more step: confirm who you are",
            [
                "Your answer has arrived. Anybody could have sent it, so \(invitation.app.displayName) wants to know that "
                    + "an administrator of \(invitation.tenant.name) stands behind it.",
                "Microsoft asks you to sign in once more, as a Global Administrator or Privileged Role Administrator.",
            ] + (refusal == nil ? [] : ["The last sign-in did not count. Please use another account."]),
            actions: [Action(label: "Sign in at Microsoft", url: signIn.exposed)] + Self.repeating(invitation))
    }

    /// The one note that is meant for customers too.
    private static func whatIsMissing(_ connection: Connection) -> String? {
        connection.note?.code == "roles_missing" ? connection.note?.detail : nil
    }

    private static func howToRemove(_ app: String) -> String {
        "You can take this back at any time: Microsoft Entra admin center, Enterprise applications, \(app), Delete."
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
            self.init(
                "We could not confirm the consent",
                [
                    "An answer arrived, but Microsoft shows no consent of \(customer) for \(app).",
                    "Please ask for a new link.",
                ])
        }
    }

    /// The wait for the proof.
    init(seeking invitation: ConsentInvitation) {
        self.init(
            "Almost there",
            [
                "Your answer has arrived. Microsoft is still carrying it through its systems; that takes from some seconds to 15 minutes.",
                "This page looks again by itself. You may close it: nothing is lost.",
            ]
                + (Self.repeating(invitation).isEmpty
                    ? [] : ["Microsoft had trouble recording it. If nothing moves here, accept once more."]),
            steps: Self.steps(invitation), actions: Self.repeating(invitation), refresh: 5)
    }

    /// Where a yes that Microsoft had trouble with can be given again.
    private static func repeating(_ invitation: ConsentInvitation) -> [Action] {
        guard invitation.attempt.outcome == .delayed, let url = invitation.adminConsentURL else { return [] }
        return [Action(label: "Accept once more", url: url.exposed)]
    }

    /// How far the proof has come: what was seen, and what is waited for.
    private static func steps(_ invitation: ConsentInvitation) -> [Step] {
        func state(_ check: Evidence.Check) -> String {
            guard let row = invitation.evidence.first(where: { $0.check == check }), row.passed,
                row.at >= invitation.attempt.answeredAt ?? .distantPast
            else { return "waiting" }
            return "done"
        }
        return [
            Step(text: "Your answer arrived", state: "done"),
            Step(text: "Microsoft issues a pass for your organisation", state: state(.token)),
            Step(text: "It holds every permission you accepted", state: state(.roles)),
        ]
    }
}

/// What to write to the customer with a link.
struct ConsentMail {
    let subject: String
    let body: String

    init(_ app: App, _ tenant: Tenant, link: String, expiresAt: Date) {
        subject = "\(app.displayName): consent of an administrator of \(tenant.name)"
        body = """
            Hello,

            \(app.displayName) works for \(tenant.name) on its own and needs the consent of an administrator: a Global \
            Administrator or a Privileged Role Administrator of your Microsoft Entra tenant.

            This page says what it asks for and why, and leads to Microsoft:
            \(link)

            It can be used until \(String(expiresAt.ISO8601Format().prefix(10))). If you are not that administrator, \
            please forward this message. The consent can be taken back at any time: Microsoft Entra admin center, \
            Enterprise applications, \(app.displayName), Delete.
            """
    }
}
