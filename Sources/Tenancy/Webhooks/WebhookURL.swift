import FoundationEssentials

/// Where a webhook's messages go: an `https` URL. What it resolves to is checked when it is called, not here.
package struct WebhookURL: Sendable, Hashable, CustomStringConvertible {
    /// The whole URL. It may hold a secret of the receiver, so it goes into no log and no audit line; ``host`` does.
    package let description: String
    package let host: String

    /// `nil` unless it is an absolute `https` URL of at most 2,048 characters, without user name and fragment.
    package init?(_ text: String) {
        guard text.utf8.count <= 2_048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains("#"),
            let url = URL(string: text), url.scheme == "https", let host = url.host(), !host.isEmpty,
            url.user() == nil, url.password() == nil
        else { return nil }
        description = text
        self.host = host.lowercased()
    }
}
