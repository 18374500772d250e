/// Other words for the same refusal. Only the number in front of them means anything.
enum ErrorWording {
    private static let sentences = [
        "The request was refused.", "Die Anforderung wurde abgelehnt.", "Something went wrong (see the code).",
    ]

    /// Keeps the code, and the lines that support asks for; newer builds of the original separate these with spaces.
    static func varied(_ description: String, using generator: inout SeededGenerator) -> String {
        guard description.hasPrefix("AADSTS"), let colon = description.firstIndex(of: ":") else { return description }
        let lines = description.split(separator: "\r\n", omittingEmptySubsequences: false)
        var result = lines.map(String.init)
        if generator.isOne(in: 2), let sentence = sentences.randomElement(using: &generator) {
            result[0] = "\(description[...colon]) \(sentence)"
        }
        return result.joined(separator: generator.isOne(in: 2) ? " " : "\r\n")
    }
}
