/// A number of seconds that may come as a string, as the v1 endpoint sends it.
struct LenientSeconds: Decodable {
    let seconds: Double

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            seconds = number
            return
        }
        guard let number = Double(try container.decode(String.self)), number.isFinite else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a number of seconds")
        }
        seconds = number
    }
}
