/// A browser at a page of the login authority: the very requests one would send, without the network between.
struct Browser {
    let path: String
    let query: String
    private let authority: LoginAuthority

    /// - Parameter suffix: what the path of the link must end in.
    init(_ url: String, suffix: String, service: EmulatedService, callback: Callback? = nil) throws(ControlError) {
        let login = service.addresses?.login ?? ""
        guard let host = EmulatorAddresses.spellings(of: login).first(where: { url.hasPrefix($0 + "/") }) else {
            throw .badRequest("The URL must begin with \(login)/.")
        }
        let rest = url.dropFirst(host.count).split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0].hasSuffix(suffix) else {
            throw .badRequest("The URL leads to another page: its path must end in \(suffix).")
        }
        path = String(parts[0])
        query = parts.count > 1 ? String(parts[1]) : ""
        authority = LoginAuthority(service: service, callback: callback)
    }

    /// The first segment of the path, which says whose directory is asked.
    var tenantSegment: String {
        path.split(separator: "/").first.flatMap { Percent.decode($0, plusIsSpace: false) } ?? ""
    }

    /// Looks at the page.
    func open() -> Answer { authority.respond(request("GET", form: nil)) }

    /// Picks an account and presses a button.
    func press(_ decision: String, account: String) -> Answer {
        authority.respond(
            request("POST", form: FormFields([("account", account), ("decision", decision)]).query))
    }

    private func request(_ method: String, form: String?) -> Incoming {
        Incoming(
            method: method, target: "\(path)?\(query)", host: "localhost",
            headers: form == nil ? [] : [("content-type", "application/x-www-form-urlencoded")],
            body: Array((form ?? "").utf8))
    }

    /// What came of it, as the control plane tells it. A fault can stand in for the page; its answer then counts as an
    /// error without a code.
    static func outcome(_ outcome: String, _ answer: Answer?) -> Answer {
        let callback = answer?.headers.first { $0.name == "Location" }?.value
        var error = JSON.null
        if outcome == "error", let answer {
            let code = answer.note.code
            error = .object([
                ("code", code.map { .integer(Int64($0)) } ?? .null), ("status", .integer(Int64(answer.status))),
                ("message", .string(code.map { "The authority answered AADSTS\($0)." } ?? "The authority failed.")),
            ])
        }
        return .json(
            200, ["outcome": .string(outcome), "callback": callback.map { .string($0) } ?? .null, "error": error])
    }
}
