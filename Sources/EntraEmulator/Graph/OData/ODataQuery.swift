/// The query options of a request for one object or a listing.
struct ODataQuery {
    let filter: ODataFilter?
    private let select: [String]?
    private let top: Int
    private let counts: Bool

    /// - Parameter filterable: properties a filter may ask about; empty where no listing is asked for.
    init(_ query: FormFields, filterable: Set<String> = []) throws(GraphError) {
        let known = ["$select"] + (filterable.isEmpty ? [] : ["$filter", "$top", "$count"])
        for field in query.fields where !known.contains(field.name) {
            throw .unsupportedQuery("The emulator does not support the query option '\(field.name)' here.")
        }
        select = query["$select"]?.split(separator: ",").map { $0.filter { $0 != " " } }
        counts = query["$count"] == "true"
        if let text = query["$top"] {
            guard let number = Int(text), (1...999).contains(number) else {
                throw .unsupportedQuery("Invalid page size specified: '\(text)'. Must be between 1 and 999 inclusive.")
            }
            top = number
        } else {
            top = 999
        }
        if let text = query["$filter"] {
            filter = try ODataFilter(text, properties: filterable)
        } else {
            filter = nil
        }
    }

    func selects(_ property: String) -> Bool { select?.contains(property) ?? false }

    /// One object with its context and the selected properties.
    func entity(_ value: JSON, set: String, type: String, _ request: GraphRequest) throws(GraphError) -> JSON {
        let properties = try selected(value, type: type)
        return .object(
            [.init(name: "@odata.context", value: request.context("\(set)\(suffix)/$entity"))] + properties)
    }

    /// What an action returns: a value of a type that has no collection.
    func value(_ value: JSON, type: String, _ request: GraphRequest) throws(GraphError) -> JSON {
        .object(
            [.init(name: "@odata.context", value: request.context("microsoft.graph.\(type)"))]
                + (try selected(value, type: type)))
    }

    /// A listing of the objects that meet the filter.
    func listing(_ values: [JSON], set: String, type: String, _ request: GraphRequest) throws(GraphError) -> JSON {
        var entities: [JSON] = []
        for value in values.prefix(top) { entities.append(.object(try selected(value, type: type))) }
        return .object([
            ("@odata.context", request.context("\(set)\(suffix)")),
            ("@odata.count", counts ? .integer(Int64(values.count)) : nil), ("value", .array(entities)),
        ])
    }

    private var suffix: String { select.map { "(\($0.joined(separator: ",")))" } ?? "" }

    private func selected(_ value: JSON, type: String) throws(GraphError) -> [JSON.Member] {
        guard case .object(let members) = value else { return [] }
        guard let select else { return members }
        if let stranger = select.first(where: { name in !members.contains { $0.name == name } }) {
            throw GraphError(
                status: 400, code: "BadRequest",
                message: "Parsing OData Select and Expand failed: Could not find a property named '\(stranger)' on "
                    + "type 'microsoft.graph.\(type)'.")
        }
        return members.filter { select.contains($0.name) }
    }
}
