/// A JSON document that is not what it should be, with the place in it that is wrong.
package struct ShapeError: Error, Sendable, CustomStringConvertible {
    /// The JSON path of the offending value, such as `tenants[3].domains[0]`; empty for the document itself.
    package let path: String
    /// The rest of the sentence that begins with the path, such as "must be a string".
    package let problem: String

    package var description: String {
        "\(path.isEmpty ? "the document" : path) \(problem)"
    }
}
