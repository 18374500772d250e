/// How a consent page answers where that is not the plain way: something else than what was pressed, or the same in an
/// odd spelling. All of it was documented or seen.
struct Callback: Sendable {
    /// What the page answers, whichever button is pressed.
    enum Reply: String, Sendable, CaseIterable {
        /// The documented failure of the first version.
        case permissionDenied = "permission_denied"
        /// The documented failure of the second version.
        case consentRequired = "consent_required"
        /// What a decline looks like in fact (azure-docs#114009).
        case declined
        /// 50020 on the callback.
        case wrongDirectory = "wrong_directory"
        /// The user asked an administrator to approve, and went back to the application.
        case requestSent = "request_sent"
        /// The same, but the user stays on the page (90095); no callback ever comes.
        case approvalRequested = "approval_requested"
        /// 650051: an earlier service principal is in the way. Nothing is recorded; the next attempt succeeds.
        case conflict = "consent_conflict"
        /// 650051 too, but the consent is recorded all the same.
        case recordedConflict = "consent_conflict_recorded"
        /// An error without a code or a description.
        case accessDenied = "access_denied"

        /// How often it comes when nobody says so; `nil` for always.
        var defaultTimes: Int? {
            switch self {
            case .conflict, .recordedConflict: 1
            default: nil
            }
        }
    }

    /// A spelling of the callback.
    enum Shape: String, Sendable, CaseIterable {
        /// A mail program took what followed the link for a part of it.
        case stateJunk = "state_junk"
        case withoutState = "without_state"
        /// `%2F` and `%20` for what is `%2f` and `+` else.
        case upperHex = "upper_hex"
        case withoutHash = "no_hash"
        /// `#_=_` at the end.
        case hashTail = "hash_tail"
        case extraParameters = "extra_parameters"
        case reversed
        /// `tenant`, `state`, `admin_consent`, as the first version is documented.
        case v1Order = "v1_order"
        /// `admin_consent=true`
        case lowerCaseTrue = "lower_case_true"
    }

    let reply: Reply?
    let shapes: Set<Shape>
    /// How many decisions are still answered this way; `nil` for all.
    private(set) var remaining: Int?

    /// Reads `{"answer", "shape", "times"}`, or an answer alone.
    init(_ value: JSON, at path: String) throws(ShapeError) {
        let members = value.text.map { JSON.object([("answer", .string($0))]) } ?? value
        let shape = try JSONShape(members, at: path, known: ["answer", "shape", "times"])
        reply = try shape.choice("answer")
        var shapes: Set<Shape> = []
        for name in try shape.strings("shape") ?? [] {
            guard let known = Shape(rawValue: name) else {
                throw shape.error("shape", "must hold of \(Shape.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            shapes.insert(known)
        }
        self.shapes = shapes
        remaining = try shape.integer("times", in: 1...1_000_000) ?? reply?.defaultTimes
    }

    /// Counts one decision.
    ///
    /// - Returns: whether another will be answered this way.
    mutating func use() -> Bool {
        guard let left = remaining else { return true }
        remaining = left - 1
        return left > 1
    }

    var json: JSON {
        .object([
            ("answer", reply.map { .string($0.rawValue) }),
            ("shape", shapes.isEmpty ? nil : .strings(shapes.map(\.rawValue).sorted())),
            ("times", remaining.map { .integer(Int64($0)) }),
        ])
    }
}
