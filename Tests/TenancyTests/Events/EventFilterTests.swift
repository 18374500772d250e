import Tenancy
import Testing

@Suite("Event pattern")
struct EventPatternTests {
    @Test("names one type, all of a noun, or all", arguments: ["consent.granted", "consent.*", "*", "a.b_2.*"])
    func reads(_ text: String) { #expect(EventPattern(text)?.description == text) }

    @Test(
        "is nothing else",
        arguments: ["", ".*", "consent.", ".granted", "Consent.*", "con*", "consent.*.x", "a b", "**", "a/b"])
    func refuses(_ text: String) { #expect(EventPattern(text) == nil) }

    @Test("matches what it names")
    func matches() throws {
        let noun = try #require(EventPattern("consent.*"))
        #expect(noun.matches("consent.granted") && !noun.matches("consents.granted") && !noun.matches("consent"))
        let one = try #require(EventPattern("consent.granted"))
        #expect(one.matches("consent.granted") && !one.matches("consent.granted2"))
        #expect(EventPattern.all.matches("anything.at_all"))
    }
}

@Suite("Event signal", .timeLimit(.minutes(1)))
struct EventSignalTests {
    @Test("wakes everybody who follows, and only with news")
    func wakes() async {
        let signal = EventSignal(newest: 5)
        let wakes = [Wake(), Wake()]
        let attachments = wakes.map { signal.attach($0) }
        signal.publish(5)
        #expect(signal.newest == 5)
        signal.publish(6)
        for wake in wakes { await wake.wait(until: nil, now: ManualClock.start) }
        signal.publish(4)
        #expect(signal.newest == 6, "a group that was committed earlier and published later is no step back")
        withExtendedLifetime(attachments) {}
    }

    @Test("forgets who has gone")
    func forgets() {
        let signal = EventSignal()
        var attachment: EventSignal.Attachment? = signal.attach(Wake())
        #expect(signal.followers == 1)
        withExtendedLifetime(attachment) {}
        attachment = nil
        #expect(signal.followers == 0)
    }
}
