import ArgumentParser

/// A length of time as people write it: `45s`, `90m`, `12h`, `7d`.
struct TimeSpan: ExpressibleByArgument, Sendable {
    let seconds: Int

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let last = argument.last, let unit = units[last], let number = Int(argument.dropLast()), number > 0,
            number <= 1_000_000
        else { return nil }
        seconds = number * unit
    }
}
