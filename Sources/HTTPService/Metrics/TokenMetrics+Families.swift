import Tenancy

extension TokenMetrics {
    /// For Prometheus. Every value of a label is there from the start, so that a rate needs no first time; none names a
    /// tenant.
    var families: [MetricFamily] { broker + cache + authority.families + store.families }

    private var broker: [MetricFamily] {
        [
            .counter(
                "tenantry_token_served_total", "Tokens handed out, by where they came from.", by: "source",
                [("memory", fromMemory), ("store", fromStore), ("authority", fromAuthority)]),
            .counter(
                "tenantry_token_joined_total", "Callers that waited for a request that another one had caused.", joined),
            .counter(
                "tenantry_token_fetches_total", "New tokens asked of an authority, by why.", by: "reason",
                FetchReason.allCases.map { ($0.rawValue, fetches[$0, default: 0]) }),
            .counter(
                "tenantry_token_failed_refreshes_total",
                "Refreshes ahead of expiry that brought nothing, so that the old token stayed in use.", failedRefreshes),
            .counter(
                "tenantry_token_served_stale_total",
                "Tokens handed out though a newer one was due and could not be had.", servedStale),
            .counter(
                "tenantry_token_mismatches_total",
                "Tokens that were somebody else's; each was destroyed, and is a security event.", mismatches),
            .gauge("tenantry_token_flights", "Keys for which a token is being fetched.", flights),
        ]
    }

    private var cache: [MetricFamily] {
        [
            .gauge("tenantry_token_cache_tokens", "Tokens in memory.", cachedTokens),
            .gauge("tenantry_token_cache_bytes", "What the tokens in memory take, an estimate.", cachedBytes),
            .counter("tenantry_token_cache_evicted_total", "Tokens that had to leave memory for others.", evicted),
        ]
    }
}

extension AuthorityMetrics {
    fileprivate var families: [MetricFamily] {
        [
            .counter(
                "tenantry_token_authority_answers_total", "Requests for a token, by what came of them.", by: "outcome",
                Outcome.allCases.map { ($0.rawValue, answers[$0, default: 0]) }),
            .counter(
                "tenantry_token_authority_retries_total", "Requests repeated after a passing failure.", retries),
            .histogram(
                "tenantry_token_authority_seconds", "From sending a request to the last byte of its answer.",
                bounds: Latency.bounds, counts: latency.counts, sum: latency.sum),
            .gauge(
                "tenantry_token_authority_paused_keys",
                "Keys at rest because their authority asked for it or failed.", paused),
            .gauge("tenantry_token_authority_waiting", "Requests that wait for a free seat.", waiting),
            .gauge("tenantry_token_authority_running", "Requests that are counted against their tenant now.", running),
            MetricFamily(
                "tenantry_token_authority_breaker", .gauge,
                "1 for the state in which the breaker of a cloud's authority is.", breakerSamples),
        ]
    }

    private var breakerSamples: [MetricFamily.Sample] {
        breakers.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { cloud, state in
            BreakerState.allCases.map {
                MetricFamily.Sample(
                    labels: [
                        .init(name: "cloud", value: cloud.rawValue), .init(name: "state", value: $0.rawValue),
                    ], value: $0 == state ? 1 : 0)
            }
        }
    }
}

extension TokenStoreMetrics {
    fileprivate var families: [MetricFamily] {
        [
            .gauge("tenantry_token_store_waiting", "Tokens that wait to be written.", waiting),
            .counter("tenantry_token_store_written_total", "Tokens written.", written),
            .counter(
                "tenantry_token_store_lost_total",
                "Tokens not written, because the disk failed or more came than it takes.", lost),
            .counter(
                "tenantry_token_store_removed_total", "Tokens removed: expired, or to keep to the limit.", removed),
            .counter(
                "tenantry_token_store_unopened_total",
                "Stored tokens that were not used, because their row was altered or its key is gone.", unopened),
            .counter(
                "tenantry_token_store_unread_total", "Looks for a stored token that the disk failed.", unread),
            .gauge("tenantry_token_store_bytes", "The size of the tokens' file.", bytes),
        ]
    }
}
