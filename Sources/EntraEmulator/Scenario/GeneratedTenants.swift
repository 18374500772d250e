import FoundationEssentials

/// Many tenants described at once: how many, what they are called, and which share of them behaves how.
///
/// The same description always makes the same tenants. Those that behave in one way are spread among the others.
struct GeneratedTenants {
    static let limit = 100_000

    /// One way to behave, and how many tenants do.
    private struct Share {
        let name: String?
        let behaviour: TenantBehaviour
        let share: Double
    }

    let tenants: [TenantSpecification]

    init(_ value: JSON, at path: String) throws(ShapeError) {
        let shape = try JSONShape(
            value, at: path, known: ["count", "prefix", "suffix", "users", "consented", "behaviours"])
        guard let count = try shape.integer("count", in: 0...Self.limit) else {
            throw shape.error("count", "is missing")
        }
        let prefix = try shape.string("prefix") ?? "t"
        let suffix = try shape.string("suffix") ?? "generated.example"
        guard TenantSegment.isDomain("\(prefix)\(count).\(suffix)") else {
            throw shape.error("prefix", "and 'suffix' make no domain name")
        }
        let shares = try Self.shares(shape)
        let users = try UserSpecifications(shape, member: "users")
        let consented = try TenantSpecification.consented(shape)
        let kinds = Self.kinds(shares.map(\.share), count: count, prefix: prefix)
        let width = String(count).count
        tenants = (0..<count).map { index in
            let digits = String(index + 1)
            let name = prefix + String(repeating: "0", count: width - digits.count) + digits
            let share = kinds[index].map { shares[$0] }
            return TenantSpecification(
                id: GUID(naming: "generated tenant", name, suffix), domain: "\(name).\(suffix)".lowercased(),
                displayName: name.capitalized, users: users, behaviour: share?.behaviour, behaviourName: share?.name,
                consented: consented)
        }
    }

    private static func shares(_ shape: JSONShape) throws(ShapeError) -> [Share] {
        var shares: [Share] = []
        for element in try shape.elements("behaviours") ?? [] {
            let entry = try JSONShape(
                element.value, at: element.path, known: TenantBehaviour.members.union(["share", "name"]))
            guard let share = try entry.share("share") else { throw entry.error("share", "is missing") }
            shares.append(
                Share(name: try entry.string("name"), behaviour: try TenantBehaviour(entry), share: share))
        }
        // A sum of tenths is not quite what it looks like.
        guard shares.reduce(0, { $0 + $1.share }) <= 1 + 1e-9 else {
            throw shape.error("behaviours", "have shares of more than 1 together")
        }
        return shares
    }

    /// Which share each tenant belongs to; `nil` for those that behave as usual.
    private static func kinds(_ shares: [Double], count: Int, prefix: String) -> [Int?] {
        var generator = SeededGenerator(seed: prefix.utf8.reduce(UInt64(count)) { $0 &* 31 &+ UInt64($1) })
        var kinds: [Int?] = []
        var sum = 0.0
        for (kind, share) in shares.enumerated() {
            sum += share
            let end = min(Int((sum * Double(count)).rounded()), count)
            kinds += Array(repeating: kind, count: max(end - kinds.count, 0))
        }
        kinds += Array(repeating: nil, count: count - kinds.count)
        return kinds.shuffled(using: &generator)
    }
}
