import CurlHTTP
import Foundation
import Testing

@testable import EntraClient

@Suite("Retry-After")
struct RetryAfterTests {
    private func seconds(_ value: String, date: String? = nil) -> TimeInterval? {
        var headers = [(name: "retry-after", value: value)]
        if let date { headers.append((name: "date", value: date)) }
        return RetryAfter.seconds(in: CurlResponse(status: 429, headers: headers, body: []))
    }

    @Test("that has passed, or lies far ahead, is kept between a second and an hour")
    func dates() {
        let date = "Wed, 31 Dec 2025 23:59:30 GMT"
        #expect(seconds("Thu, 01 Jan 2026 00:00:00 GMT", date: date) == 30)
        #expect(seconds("Wed, 31 Dec 2025 23:00:00 GMT", date: date) == 1)
        #expect(seconds("Fri, 01 Jan 2027 00:00:00 GMT", date: date) == 3_600)
    }

    @Test("as a date says nothing when the reply has none of its own")
    func dateAlone() {
        #expect(seconds("Thu, 01 Jan 2026 00:00:00 GMT") == nil)
        #expect(seconds("Thu, 01 Jan 2026 00:00:00 GMT", date: "yesterday") == nil)
    }

    @Test("is not there when there is no header")
    func absent() {
        #expect(RetryAfter.seconds(in: CurlResponse(status: 429, headers: [], body: [])) == nil)
    }
}

@Suite("HTTP date")
struct HTTPDateTests {
    @Test(
        "is read in the form of RFC 9110",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Tue, 29 Feb 2028 23:59:59 GMT", 1_835_481_599),
        ] as [(String, TimeInterval)])
    func read(_ text: String, _ seconds: TimeInterval) {
        #expect(HTTPDate.parse(text) == Date(timeIntervalSince1970: seconds))
    }

    @Test(
        "in any other form is refused",
        arguments: [
            "", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, xx Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "1994-11-06T08:49:37Z",
            "Sun, 06 Nov 1994 08:49:xx GMT",
        ])
    func refused(_ text: String) {
        #expect(HTTPDate.parse(text) == nil)
    }
}
