import HTTPTypes
import Hummingbird
import Mustache
import NIOCore
import Tenancy

/// Renders the pages a customer's administrator sees. They work without scripts and load nothing from elsewhere.
struct PageRenderer: Sendable {
    private let library: MustacheLibrary
    let stylesheet: [UInt8]

    /// - Throws: when an embedded template is broken, which a test rules out.
    init() throws {
        let assets = WebAssets.all()
        var templates: [String: MustacheTemplate] = [:]
        for name in ["layout", "invitation", "message"] {
            let text = String(decoding: assets["Pages/\(name).mustache"] ?? [], as: UTF8.self)
            templates[name] = try MustacheTemplate(string: text)
        }
        library = MustacheLibrary(templates: templates)
        stylesheet = assets["Pages/page.css"] ?? []
    }

    func invitation(_ content: InvitationPage) -> Response {
        page(status: .ok, "invitation", content)
    }

    func message(_ content: MessagePage, status: HTTPResponse.Status = .ok) -> Response {
        page(status: status, "message", content)
    }

    private func page(status: HTTPResponse.Status, _ template: String, _ content: Any) -> Response {
        guard let html = library.render(content, withTemplate: template) else {
            return Response(status: .internalServerError)
        }
        return Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }
}

/// The page before consent: who asks, for what, and what happens next.
struct InvitationPage {
    let title: String
    let app: String
    let tenant: String
    let tenantID: String
    let permissions: [Line]
    let url: String
    let expires: String
    /// What came of the last answer.
    let notice: String?
    /// The address of the page itself, to forward.
    let page: String
    /// A text to forward it with.
    let mail: String
    /// The page's address as an SVG; `nil` when it is too long for a code.
    let code: String?

    struct Line {
        let role: String
        let reason: String
        /// The tenant has granted others of the app already, and not this one.
        let isNew: Bool
    }
}

/// A page that only says something.
struct MessagePage {
    let title: String
    let lines: [String]
    let steps: [Step]
    /// The first is what the reader is meant to do.
    let actions: [Action]
    /// Seconds after which the page loads itself anew; `nil` for a final word.
    let refresh: Int?

    /// One step of the way, `done` or `waiting`.
    struct Step {
        let text: String
        let state: String
    }

    /// A link that the reader is meant to follow.
    struct Action {
        let label: String
        let url: String
    }

    init(_ title: String, _ lines: [String], steps: [Step] = [], actions: [Action] = [], refresh: Int? = nil) {
        self.title = title
        self.lines = lines
        self.steps = steps
        self.actions = actions
        self.refresh = refresh
    }
}
