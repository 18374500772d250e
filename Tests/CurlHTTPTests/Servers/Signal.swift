/// Something that happens on another thread and that a test waits for.
final class Signal: Sendable {
    private let events: AsyncStream<Void>
    private let source: AsyncStream<Void>.Continuation

    init() {
        (events, source) = AsyncStream.makeStream()
    }

    func fire() {
        source.yield()
    }

    /// Waits until it has been fired `count` times more than earlier calls have waited for. One waiter at a time.
    func wait(for count: Int = 1) async {
        var iterator = events.makeAsyncIterator()
        for _ in 0..<count { await iterator.next() }
    }
}
