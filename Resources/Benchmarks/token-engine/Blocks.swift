import Foundation

/// Measures on demand: a block of work for each line `COUNT [MODE]` that comes in, a line of JSON for each block.
///
/// So the caller lets ours and a peer's take turns, and both meet the same moods of a shared machine.
enum Blocks {
    /// Says that the preparations are done, then serves until the input ends.
    static func serve(
        ready: some Encodable, _ measure: (_ count: Int, _ mode: String) async throws -> some Encodable
    ) async throws {
        try say(ready)
        while let words = readLine()?.split(separator: " ") {
            guard let count = words.first.flatMap({ Int($0) }) else { throw BenchError("A block is COUNT [MODE].") }
            try say(await measure(count, words.count > 1 ? String(words[1]) : ""))
        }
    }

    static func say(_ value: some Encodable) throws {
        try FileHandle.standardOutput.write(contentsOf: JSONEncoder().encode(value) + Data("\n".utf8))
    }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension Duration {
    var seconds: Double { self / .seconds(1) }
}
