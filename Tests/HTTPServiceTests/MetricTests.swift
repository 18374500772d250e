import CurlHTTP
import Foundation
import Tenancy
import TestSupport
import Testing

@testable import HTTPService

@Suite("Metrics")
struct MetricTests {
    @Test("A family is its help, its type and its samples")
    func text() {
        let families: [MetricFamily] = [
            .gauge("a_bytes", "Bytes.", 7),
            .counter("b_total", "By kind.", by: "kind", [("x", 1), ("y", 0)]),
        ]
        #expect(
            MetricText.text(families) == """
                # HELP a_bytes Bytes.
                # TYPE a_bytes gauge
                a_bytes 7
                # HELP b_total By kind.
                # TYPE b_total counter
                b_total{kind="x"} 1
                b_total{kind="y"} 0

                """)
    }

    @Test("Backslashes and line feeds are escaped, and in a label quotation marks as well")
    func escaping() {
        let family = MetricFamily(
            "m", .gauge, "a\\b\n\"c\"",
            [.init(labels: [.init(name: "l", value: "a\\b\n\"c\""), .init(name: "n", value: "ü")], value: 1)])
        #expect(
            MetricText.text([family]) == """
                # HELP m a\\\\b\\n"c"
                # TYPE m gauge
                m{l="a\\\\b\\n\\"c\\"",n="ü"} 1

                """)
    }

    @Test(
        "Numbers are written as Prometheus reads them",
        arguments: [
            (0, "0"), (1_800_000_000, "1800000000"), (0.025, "0.025"), (-3, "-3"), (1e300, "1e+300"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        ] as [(Double, String)])
    func numbers(_ value: Double, _ text: String) {
        #expect(MetricText.number(value) == text)
    }

    @Test("The buckets of a histogram are cumulative, and end with all")
    func histogram() {
        let family = MetricFamily.histogram("h_seconds", "H.", bounds: [0.1, 1, 10], counts: [2, 0, 3, 1], sum: 42.5)
        #expect(
            MetricText.text([family]) == """
                # HELP h_seconds H.
                # TYPE h_seconds histogram
                h_seconds_bucket{le="0.1"} 2
                h_seconds_bucket{le="1"} 2
                h_seconds_bucket{le="10"} 5
                h_seconds_bucket{le="+Inf"} 6
                h_seconds_sum 42.5
                h_seconds_count 6

                """)
    }

    @Test("Everything that the engine counts is there, under its own name and without a tenant")
    func complete() {
        var metrics = TokenMetrics()
        metrics.fromMemory = 11
        metrics.fromStore = 12
        metrics.fromAuthority = 13
        metrics.joined = 14
        metrics.fetches = [.ahead: 15]
        metrics.failedRefreshes = 16
        metrics.servedStale = 17
        metrics.mismatches = 18
        metrics.flights = 19
        metrics.cachedTokens = 20
        metrics.cachedBytes = 21
        metrics.evicted = 22
        metrics.authority.answers = [.heldBack: 23]
        metrics.authority.retries = 24
        metrics.authority.paused = 25
        metrics.authority.waiting = 26
        metrics.authority.running = 27
        metrics.authority.breakers = [.china: .halfOpen]
        metrics.store.waiting = 28
        metrics.store.written = 29
        metrics.store.lost = 30
        metrics.store.removed = 31
        metrics.store.bytes = 32
        metrics.store.unopened = 33
        metrics.store.unread = 34
        let lines = Set(MetricText.text(metrics.families).split(separator: "\n").filter { !$0.hasPrefix("#") })
        let expected = [
            #"served_total{source="memory"} 11"#, #"served_total{source="store"} 12"#,
            #"served_total{source="authority"} 13"#, "joined_total 14", #"fetches_total{reason="ahead"} 15"#,
            #"fetches_total{reason="cold"} 0"#, "failed_refreshes_total 16", "served_stale_total 17",
            "mismatches_total 18", "flights 19", "cache_tokens 20", "cache_bytes 21", "cache_evicted_total 22",
            #"authority_answers_total{outcome="held_back"} 23"#, #"authority_answers_total{outcome="token"} 0"#,
            "authority_retries_total 24", "authority_paused_keys 25", "authority_waiting 26", "authority_running 27",
            #"authority_breaker{cloud="china",state="half_open"} 1"#,
            #"authority_breaker{cloud="china",state="closed"} 0"#, "authority_seconds_count 0",
            "store_waiting 28", "store_written_total 29", "store_lost_total 30", "store_removed_total 31",
            "store_bytes 32", "store_unopened_total 33", "store_unread_total 34",
        ]
        for line in expected { #expect(lines.contains("tenantry_token_" + line), "\(line)") }
    }

    @Test("They are told to Prometheus as text, and as JSON to whoever asks for that")
    func route() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            for _ in 0..<3 { _ = try await house.socket.post("/v1/tokens", #"{"tenant":"\#(guid(1))"}"#) }
            let viewer = try await house.api(as: .viewer)
            let text = try await viewer.send(
                .get, "/metrics",
                [("Accept", "application/openmetrics-text;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1")])
            #expect(text.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(text.text.contains("\ntenantry_token_served_total{source=\"memory\"} 3\n"))
            #expect(text.text.contains("\nprocess_start_time_seconds 1800000000\n"))
            #expect(text.text.contains("\nprocess_resident_memory_bytes "))
            #expect(!text.text.contains("\(guid(1))"))

            let json = try await viewer.send(.get, "/metrics", [("Accept", "application/json")])
            #expect(json.header("Content-Type") == "application/json")
            let families = json.json["items"].elements
            let served = families.first { $0["name"].string == "tenantry_token_served_total" }
            #expect(served?["samples"][0]["value"].int == 3)
            #expect(served?["samples"][0]["labels"]["source"].string == "memory")
            let files = families.first { $0["name"].string == "process_open_fds" }
            #expect((files?["samples"][0]["value"].int ?? 0) > 5)
            let memory = families.first { $0["name"].string == "process_resident_memory_bytes" }
            #expect((memory?["samples"][0]["value"].int ?? 0) > 1_000_000)
        }
    }
}
