import Foundation
import Testing

@testable import SQLiteStore

@Suite struct InstantTests {
    @Test("A stored instant is stored the same again, for every millisecond of a second")
    func stable() {
        for millisecond in Int64(1_800_000_000_000)..<1_800_000_001_000 {
            #expect(Date(milliseconds: millisecond).milliseconds == millisecond)
        }
    }

    @Test("Comparing with an instant that was stored gives what comparing before would have given")
    func comparisons() {
        let stored = Date(milliseconds: 1_800_000_000_123)
        for offset in [-0.002, -0.0009, -0.0001, 0, 0.0001, 0.0009, 0.002] {
            let now = stored + offset
            #expect((now < stored) == (now.milliseconds < stored.milliseconds), "\(offset)")
        }
    }

    @Test("Instants without bounds do not trap")
    func extremes() {
        for instant in [Date.distantPast, .distantFuture] {
            #expect(Date(milliseconds: instant.milliseconds) == instant)
        }
        #expect(Date(timeIntervalSince1970: .infinity).milliseconds == .max)
        #expect(Date(timeIntervalSince1970: -.infinity).milliseconds == .min)
    }
}

@Suite struct BoundDataTests {
    @Test("Fields that join to the same text stay different")
    func injective() {
        let lists = [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"], []]
        #expect(Set(lists.map { BoundData.encode(texts: $0) }).count == lists.count)
    }
}
