/// How one reply differs from the plain one without meaning anything else.
struct ReplyVariation {
    /// The largest body after which a connection is closed: it must have left before the close.
    private static let closingLimit = 16 * 1024

    private let generator: SeededGenerator

    init(_ generator: SeededGenerator) {
        self.generator = generator
    }

    /// How long the reply takes, in milliseconds.
    var latencyMilliseconds: Int {
        var generator = generator
        return Int.random(in: 0...20, using: &generator)
    }

    /// The reply with its members in another order and strangers among them, a lifetime spelt as a text now and then,
    /// other words for an error, and header names in another case. Some are the last on their connection.
    func varied(_ answer: Answer) -> Answer {
        var generator = generator
        var answer = answer
        if let value = answer.value { answer.body = varied(value, &generator).bytes }
        answer.headers = answer.headers.map { ($0.name.inAnotherCase(&generator), $0.value) }
        if answer.delivery == .complete, answer.body.count <= Self.closingLimit, generator.isOne(in: 12) {
            answer.headers.append(("Connection", "close"))
            answer.isLast = true
        }
        return answer
    }

    private func varied(_ value: JSON, _ generator: inout SeededGenerator) -> JSON {
        guard case .object(let members) = shuffled(value, &generator) else { return value }
        var result = members
        if generator.isOne(in: 2) {
            result.append(.init(name: "x_emulated_hint", value: ["since": 2026, "note": "ignore me"]))
        }
        if generator.isOne(in: 3) { result.append(.init(name: "X-Unknown", value: .null)) }
        return .object(result.shuffled(using: &generator))
    }

    private func shuffled(_ value: JSON, _ generator: inout SeededGenerator) -> JSON {
        guard case .object(let members) = value else { return value }
        return .object(
            members.map { .init(name: $0.name, value: changed($0, of: value, &generator)) }
                .shuffled(using: &generator))
    }

    private func changed(_ member: JSON.Member, of whole: JSON, _ generator: inout SeededGenerator) -> JSON {
        switch (member.name, member.value) {
        case ("expires_in", .integer(let seconds)) where whole["access_token"] != nil && generator.isOne(in: 4):
            .string("\(seconds)")
        case ("error_description", .string(let text)):
            .string(ErrorWording.varied(text, using: &generator))
        case ("message", .string(let text)) where whole["code"] != nil && generator.isOne(in: 3):
            .string("\(text) Contact your administrator if this persists.")
        case ("error", .object), ("innerError", .object): varied(member.value, &generator)
        // What a client asked for holds nothing else: a listing is data, and some hand it on as it is.
        case ("value", .array(let entities)), ("keys", .array(let entities)):
            .array(entities.map { shuffled($0, &generator) })
        default: member.value
        }
    }
}

extension String {
    /// A header name that is still the same one (RFC 9110, 5.1).
    fileprivate func inAnotherCase(_ generator: inout SeededGenerator) -> String {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: lowercased()
        case 1: uppercased()
        default: self
        }
    }
}
