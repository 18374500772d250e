/// A refusal of the control plane: a status and one sentence.
struct ControlError: Error, Sendable {
    let status: Int
    let sentence: String

    static func badRequest(_ sentence: String) -> ControlError { ControlError(status: 400, sentence: sentence) }
    static func notFound(_ sentence: String) -> ControlError { ControlError(status: 404, sentence: sentence) }
    static func conflict(_ sentence: String) -> ControlError { ControlError(status: 409, sentence: sentence) }

    init(status: Int, sentence: String) {
        self.status = status
        self.sentence = sentence
    }

    /// The body is not what it should be.
    init(_ shape: ShapeError) {
        self.init(status: 400, sentence: "\(shape).")
    }

    var answer: Answer { .json(status, ["error": .string(sentence)]) }
}
