/// Why an emulator did not start, as one sentence.
package struct EmulatorStartError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ sentence: String) {
        description = sentence
    }
}
