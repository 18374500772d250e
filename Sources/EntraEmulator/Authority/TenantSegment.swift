/// The first segment of an authority's path, which says whose directory is asked.
enum TenantSegment: Sendable {
    /// Any work or school tenant, and personal accounts too for `common`.
    case shared(Shared)
    case tenant(Tenant)
    /// Names no tenant; the error says why.
    case refused(AuthorityError)

    enum Shared: String, Sendable {
        case common
        case organizations
        case consumers
    }

    init(_ segment: String, in directory: Directory) {
        if let shared = Shared(rawValue: segment.lowercased()) {
            self = .shared(shared)
        } else if GUID(segment) == .zero {
            self = .refused(.emptyTenant(segment))
        } else if GUID(segment) == nil, !Self.isDomain(segment) {
            self = .refused(.malformedTenant(segment))
        } else if let tenant = directory.tenant(named: segment) {
            self = .tenant(tenant)
        } else {
            self = .refused(.unknownTenant(segment))
        }
    }

    /// Whether the text can be a DNS name of at least two labels.
    static func isDomain(_ text: String) -> Bool {
        guard text.utf8.count <= 253 else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2 else { return false }
        return labels.allSatisfy { label in
            guard (1...63).contains(label.utf8.count), label.first != "-", label.last != "-" else { return false }
            return label.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        }
    }
}
