/// A DNS name that may name a tenant: a verified domain or `*.onmicrosoft.com`, in lower case.
package struct TenantDomain: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Accepts LDH labels of 1 to 63 characters, at least two of them, 253 characters in all. Everything else,
    /// `..`, slashes and percent signs included, is refused: the name becomes a path segment of an authority URL.
    package init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.count <= 253, bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
        let name = text.lowercased()
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy(Self.isLabel), !(labels.last ?? "").utf8.allSatisfy(Self.isDigit)
        else { return nil }
        description = name
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count)
            && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { isDigit($0) || (0x61...0x7a).contains($0) || $0 == 0x2d }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

/// What a person may write to name a tenant.
package enum TenantReference: Hashable, Sendable, CustomStringConvertible {
    case id(TenantID)
    case domain(TenantDomain)

    /// Refuses `common`, `organizations`, `consumers`, the empty GUID and whatever is neither GUID nor domain.
    package init(_ text: String) throws(OnboardingError) {
        let shown = text
        if let id = TenantID(text) {
            self = .id(id)
        } else if let domain = TenantDomain(text) {
            self = .domain(domain)
        } else if text == "00000000-0000-0000-0000-000000000000" {
            throw OnboardingError(shown, .malformed("the empty GUID is nobody's tenant"))
        } else if ["common", "organizations", "consumers"].contains(text.lowercased()) {
            throw OnboardingError(shown, .malformed("it stands for any tenant, and a daemon app needs a certain one"))
        } else {
            throw OnboardingError(shown, .malformed("it is neither a GUID nor a domain name"))
        }
    }

    package var description: String {
        switch self {
        case .id(let id): id.description
        case .domain(let domain): domain.description
        }
    }
}
