import FoundationEssentials

/// Entra's rules for redirect URIs of web apps.
///
/// Source: learn.microsoft.com/entra/identity-platform/reply-url.
package enum RedirectURI {
    package static func check(_ text: String) throws(RegistrationError) {
        let forbidden = Set("!$'(),;\\\"<> ")
        guard text.utf8.count <= 256, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            !text.contains(where: forbidden.contains), !text.contains("#"),
            let url = URL(string: text), let host = url.host(), !host.isEmpty
        else {
            throw .invalid(
                "redirect URI", "use at most 256 characters of a URL without a fragment or any of ! $ ' ( ) , ;")
        }
        guard url.scheme == "https" || (url.scheme == "http" && host == "localhost") else {
            throw .invalid("redirect URI '\(text)'", "Entra accepts https, and http for localhost only")
        }
    }
}
