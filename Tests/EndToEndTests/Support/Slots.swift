/// Lets a few journeys happen at once: each has servers of its own, and machines are small. The wait counts towards a
/// test's time limit, so that those are generous; every command and every wait within a journey has a limit of its own.
actor Slots {
    static let journeys = Slots(4)

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func giveBack() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
