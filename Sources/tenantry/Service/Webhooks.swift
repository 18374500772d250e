import CurlHTTP
import Logging
import SQLiteStore
import Tenancy
import WebhookClient

/// The parts that send events to receivers, joined.
struct Webhooks: Sendable {
    let keeper: WebhookKeeper
    let loop: WebhookLoop
    /// Of its own: a connection that another part has opened to somewhere private must not be used again here.
    let client: CurlClient

    init(_ stores: Store, _ settings: Settings, clock: WallClock, randomness: Randomness, logger: Logger) throws {
        let isPublicOnly = !settings.allowsPrivateWebhooks
        do throws(CurlError) {
            client = try CurlClient(
                CurlClient.Configuration(
                    extraCAFile: settings.caFile, proxy: settings.webhookProxy, connectTimeout: .seconds(5),
                    // Several webhooks may share a host, and the loop bounds each of them.
                    maxConnectionsPerHost: 128, userAgent: "tenantry-webhooks/0.1",
                    reachesPublicAddressesOnly: isPublicOnly))
        } catch {
            throw UsageError("\(error)", "Check the settings `entra.ca_file` and `webhooks.proxy`.")
        }
        let sender = StandardWebhookSender(client: client, reachesPublicAddressesOnly: isPublicOnly, clock: clock)
        let wake = Wake()
        keeper = WebhookKeeper(
            store: stores.webhooks, events: stores.events, sender: sender, clock: clock, randomness: randomness,
            wake: wake)
        loop = WebhookLoop(
            store: stores.webhooks, events: stores.events, sender: sender, clock: clock, randomness: randomness,
            wake: wake, logger: logger)
    }
}
