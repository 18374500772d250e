/// Reads a stream of Server-Sent Events piece by piece
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
struct ServerSentEvents {
    /// What one block of lines says. Without data it only moves the place.
    struct Message: Equatable {
        var id: String?
        var event: String?
        var data: String?
    }

    private var line: [UInt8] = []
    private var message = Message()

    /// Takes the next bytes.
    ///
    /// - Returns: the messages that are complete now.
    mutating func take(_ bytes: [UInt8]) -> [Message] {
        var complete: [Message] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if line.isEmpty {
                if message != Message() { complete.append(message) }
                message = Message()
            } else {
                takeLine(String(decoding: line, as: UTF8.self))
            }
            line.removeAll(keepingCapacity: true)
        }
        return complete
    }

    private mutating func takeLine(_ text: String) {
        let name = text.prefix { $0 != ":" }
        var value = text.dropFirst(name.count + 1)
        if value.first == " " { value = value.dropFirst() }
        switch name {
        case "id": message.id = String(value)
        case "event": message.event = String(value)
        case "data": message.data = message.data.map { $0 + "\n" + value } ?? String(value)
        // A comment, or what we need not know.
        default: break
        }
    }
}
