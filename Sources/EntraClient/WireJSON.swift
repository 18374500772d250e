import FoundationEssentials

/// JSON as Microsoft's OAuth endpoints write it, with `snake_case` names.
enum WireJSON {
    /// `nil` when the bytes are not JSON of that shape.
    static func decode<Reply: Decodable>(_ type: Reply.Type, from bytes: [UInt8]) -> Reply? {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try? decoder.decode(type, from: Data(bytes))
    }
}
