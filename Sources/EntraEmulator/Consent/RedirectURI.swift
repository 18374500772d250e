/// The rules of reply addresses (Microsoft: redirect URI restrictions and limitations).
enum RedirectURI {
    /// What is wrong with an address somebody wants to register, `nil` if nothing is.
    static func registrationProblem(_ uri: String) -> String? {
        guard let parts = Parts(uri) else { return "must be an absolute https address, or http://localhost" }
        guard uri.utf8.count <= 256 else { return "must not be longer than 256 characters" }
        if uri.contains(where: { "!$'(),;".contains($0) }) {
            return "holds a character that is not allowed: ! $ ' ( ) , ;"
        }
        let isLocal = ["localhost", "127.0.0.1"].contains(parts.host)
        guard parts.scheme == "https" || (parts.scheme == "http" && isLocal) else {
            return "must be an https address; http is for localhost only"
        }
        return nil
    }

    /// The address to send the browser to: the asked one if it is registered, `nil` if not.
    ///
    /// Scheme and host ignore case, everything after them does not. The port of `http://localhost` is ignored. An
    /// address registered without a path is answered with a trailing slash.
    static func match(_ asked: String, registered: [String]) -> String? {
        guard let wanted = Parts(asked) else { return nil }
        let isRegistered = registered.contains { uri in
            guard let known = Parts(uri) else { return false }
            let anyPort = known.scheme == "http" && known.host == "localhost"
            return known.scheme == wanted.scheme && known.host == wanted.host
                && (anyPort || known.port == wanted.port) && known.rest == wanted.rest
        }
        guard isRegistered else { return nil }
        return wanted.rest == "/" && !asked.hasSuffix("/") ? asked + "/" : asked
    }

    private struct Parts {
        let scheme: String
        let host: String
        let port: String
        /// Path and query; `/` when there are none.
        let rest: String

        init?(_ uri: String) {
            guard let colon = uri.firstRange(of: "://") else { return nil }
            scheme = uri[..<colon.lowerBound].lowercased()
            let afterScheme = uri[colon.upperBound...]
            let end = afterScheme.firstIndex { "/?#".contains($0) } ?? afterScheme.endIndex
            let authority = afterScheme[..<end]
            guard !authority.isEmpty, !authority.contains("@"), !uri.contains("#") else { return nil }
            let pieces = authority.split(separator: ":", maxSplits: 1)
            host = pieces.first.map { $0.lowercased() } ?? ""
            let standard = scheme == "https" ? "443" : "80"
            port = pieces.count > 1 ? String(pieces[1]) : standard
            guard port.allSatisfy(\.isWholeNumber) else { return nil }
            rest = end == afterScheme.endIndex ? "/" : String(afterScheme[end...])
        }
    }
}
