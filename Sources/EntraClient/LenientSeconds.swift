/// A number of seconds that may come as a string, as the v1 endpoint sends it.
struct LenientSeconds: Decodable {
    let seconds: Double

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            guard let number = Double(text), number.isFinite else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a number of seconds")
            }
            seconds = number
        } else {
            seconds = try container.decode(Double.self)
        }
    }
}
