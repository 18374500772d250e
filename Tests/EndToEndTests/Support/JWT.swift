import FoundationEssentials

/// A JSON Web Token, read without checking its signature.
struct JWT {
    let claims: JSON

    struct Malformed: Error {}

    init(_ text: String) throws {
        let parts = text.split(separator: ".")
        guard parts.count == 3 else { throw Malformed() }
        var base64 = parts[1].replacing("-", with: "+").replacing("_", with: "/")
        while base64.count % 4 != 0 { base64 += "=" }
        guard let payload = Data(base64Encoded: String(base64)) else { throw Malformed() }
        claims = try JSON(parsing: String(decoding: payload, as: UTF8.self))
    }
}
