extension Sequence where Element: Sendable {
    /// Runs the body for every element, at most `limit` at a time, and returns when all have ended.
    package func forEachConcurrently(limit: Int, _ body: @escaping @Sendable (Element) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for element in self {
                if running == limit {
                    await group.next()
                    running -= 1
                }
                group.addTask { await body(element) }
                running += 1
            }
        }
    }
}
