/// One administrator's browser: it keeps cookies by their host and path, and forgets nothing at a restart.
struct Browser: Sendable {
    /// Where `curl` keeps the cookies.
    private let jar: String

    init(of journey: Journey, _ name: String = "browser") { jar = "\(journey.directory)/\(name).cookies" }

    func visit(_ url: String, at service: Service) async throws -> HTTPReply {
        try await service.visit(url, options: ["--cookie", jar, "--cookie-jar", jar])
    }

    /// As ``visit(_:at:)``, following where a callback leads.
    func follow(_ url: String, at service: Service) async throws -> HTTPReply {
        let reply = try await visit(url, at: service)
        guard let location = reply.headers["location"] else { return reply }
        return try await visit(service.pages + location, at: service)
    }
}

extension HTTPReply {
    /// Where the page's one button leads; `nil` when there is none.
    var button: String? {
        guard let start = body.firstRange(of: "class=\"go\""),
            let address = body[start.upperBound...].firstRange(of: "href=\""),
            let end = body[address.upperBound...].firstIndex(of: "\"")
        else { return nil }
        return String(body[address.upperBound..<end]).replacing("&amp;", with: "&")
    }
}

extension String {
    /// The value of that parameter, as it stands in the query of this address.
    func parameter(_ name: String) -> String {
        let query = split(separator: "?", maxSplits: 1).last?.prefix { $0 != "#" } ?? ""
        let pair = query.split(separator: "&").first { $0.hasPrefix(name + "=") }
        return String(pair?.dropFirst(name.count + 1) ?? "")
    }
}
