import FoundationEssentials

/// Instants as the original prints them.
enum Timestamps {
    /// `2026-01-31 12:00:00Z`, as in error replies of the login authority.
    static func authority(_ instant: Date) -> String {
        let (day, time) = parts(instant)
        return "\(day) \(time)Z"
    }

    /// `2026-01-31T12:00:00Z`.
    static func iso(_ instant: Date) -> String {
        let (day, time) = parts(instant)
        return "\(day)T\(time)Z"
    }

    /// `2026-01-31T12:00:00`, as in inner errors of Graph.
    static func graph(_ instant: Date) -> String {
        let (day, time) = parts(instant)
        return "\(day)T\(time)"
    }

    /// `Sat, 31 Jan 2026 12:00:00 GMT`, the `Date` header (RFC 9110, 5.6.7).
    static func http(_ instant: Date) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let (day, time) = parts(instant)
        let dayNumber = Int((instant.timeIntervalSince1970 / 86_400).rounded(.down))
        let weekday = days[((dayNumber % 7) + 7) % 7]
        let pieces = day.split(separator: "-")
        let month = months[(Int(pieces[1]) ?? 1) - 1]
        return "\(weekday), \(pieces[2]) \(month) \(pieces[0]) \(time) GMT"
    }

    /// The instant of an ISO 8601 text, with a fraction of a second or without; `nil` for anything else.
    static func read(_ text: String) -> Date? {
        if let instant = try? Date(text, strategy: .iso8601) { return instant }
        return try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private static func parts(_ instant: Date) -> (day: Substring, time: Substring) {
        // A client may claim any time; beyond four-digit years there is nothing to print.
        let seconds = min(max(instant.timeIntervalSince1970, 0), 253_402_300_799)
        let text = Date(timeIntervalSince1970: seconds.rounded(.down)).formatted(.iso8601)
        let pieces = text.split(separator: "T")
        return (pieces[0], pieces[1].dropLast())
    }
}
