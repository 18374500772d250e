import FoundationEssentials

/// Where browsers reach the consent pages: `http(s)://host[:port]`, without a path.
struct PublicURL: CustomStringConvertible {
    let description: String

    init(_ text: String) throws(UsageError) {
        let bare = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard let url = URL(string: bare), url.scheme == "https" || url.scheme == "http", let host = url.host(),
            !host.isEmpty, url.path().isEmpty, url.query() == nil, url.user() == nil, !bare.contains("#")
        else {
            throw UsageError(
                "The public_url '\(text)' cannot be used.", "Write it as https://host[:port], without a path.")
        }
        description = bare
    }
}
