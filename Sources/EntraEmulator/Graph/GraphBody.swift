import FoundationEssentials

/// One object of a request body while it is being read. What is wrong with it is said as Graph says it.
struct GraphBody {
    let type: String
    private let shape: JSONShape

    /// - Throws: `GraphError` when `value` is no object, or names a property its type does not have. Annotations, whose
    ///   names begin with `@odata.`, are passed over.
    init(_ value: JSON, type: String, known: Set<String>) throws(GraphError) {
        guard case .object(let members) = value else { throw .malformedBody }
        let properties = members.filter { !$0.name.hasPrefix("@odata.") }
        if let stranger = properties.first(where: { !known.contains($0.name) }) {
            throw .badRequest("Invalid property '\(stranger.name)'.")
        }
        do throws(ShapeError) {
            shape = try JSONShape(.object(properties), at: "", known: known)
        } catch {
            throw .malformedBody
        }
        self.type = type
    }

    /// Whether the property was given, even as `null`.
    func has(_ name: String) -> Bool { shape.has(name) }

    /// The property, `nil` when absent or `null`.
    func value(_ name: String) -> JSON? { shape.value(name) }

    func string(_ name: String) throws(GraphError) -> String? {
        try read(name) { shape throws(ShapeError) in try shape.string(name) }
    }

    func requiredString(_ name: String) throws(GraphError) -> String {
        guard let text = try string(name) else { throw missing(name) }
        return text
    }

    func strings(_ name: String) throws(GraphError) -> [String]? {
        try read(name) { shape throws(ShapeError) in try shape.strings(name) }
    }

    func bool(_ name: String) throws(GraphError) -> Bool? {
        try read(name) { shape throws(ShapeError) in try shape.bool(name) }
    }

    func guid(_ name: String) throws(GraphError) -> GUID? {
        guard let text = try string(name) else { return nil }
        guard let id = GUID(text) else { throw invalid(name) }
        return id
    }

    func requiredGUID(_ name: String) throws(GraphError) -> GUID {
        guard let id = try guid(name) else { throw missing(name) }
        return id
    }

    func instant(_ name: String) throws(GraphError) -> Date? {
        guard let text = try string(name) else { return nil }
        guard let instant = Timestamps.read(text) else { throw invalid(name) }
        return instant
    }

    /// A nested object, `nil` when absent or `null`.
    func object(_ name: String, type: String, known: Set<String>) throws(GraphError) -> GraphBody? {
        guard let value = value(name) else { return nil }
        guard case .object = value else { throw invalid(name) }
        return try GraphBody(value, type: type, known: known)
    }

    /// Nested objects, `nil` when absent; `null` is no collection.
    func objects(_ name: String, type: String, known: Set<String>) throws(GraphError) -> [GraphBody]? {
        guard has(name) else { return nil }
        guard case .array(let values) = value(name) else { throw invalid(name) }
        var bodies: [GraphBody] = []
        for value in values { bodies.append(try GraphBody(value, type: type, known: known)) }
        return bodies
    }

    func invalid(_ name: String) -> GraphError {
        .badRequest(
            "Invalid value specified for property '\(name)' of resource '\(type)'.",
            details: [("InvalidValue", "Invalid value specified for property '\(name)'.")])
    }

    func missing(_ name: String) -> GraphError {
        .badRequest("A value is required for property '\(name)' of resource '\(type)'.")
    }

    private func read<Value>(
        _ name: String, _ body: (JSONShape) throws(ShapeError) -> Value
    ) throws(GraphError) -> Value {
        do throws(ShapeError) {
            return try body(shape)
        } catch {
            throw invalid(name)
        }
    }
}
