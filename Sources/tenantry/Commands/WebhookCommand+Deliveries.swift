import ArgumentParser
import FoundationEssentials
import Tenancy

extension WebhookCommand {
    fileprivate static let deliveryColumns = [
        Column("id", "id"), Column("type", "type"), Column("state", "state"), Column("attempts", "attempts"),
        Column("last try", "last.at"), Column("status", "last.status"), Column("ms", "last.duration_ms"),
        Column("next try", "next_attempt_at"), Column("error", "last.error"),
    ]

    struct Deliveries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what was sent, the newest first.",
            discussion: """
                Without a webhook, those of all. What has ended is kept for 30 days, 1000 of each webhook.

                Examples:
                  tenantry webhook deliveries
                  tenantry webhook deliveries 3k9x2m7p4q8w --limit 20 -o json
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The webhook's id; all of them when absent.") var webhook: String?
        @Option(help: "How many of each webhook at most, 1 to 1000.") var limit: Int = 100

        func run() async throws {
            let rows = try await connection.withService { service in
                let ids =
                    if let webhook { [webhook] } else {
                        try await service.get("/v1/webhooks")["items"].rows.map { $0["id"].cell }
                    }
                var rows: [JSONValue] = []
                for id in ids {
                    rows += try await service.get(WebhookCommand.path(id, "/deliveries?limit=\(limit)"))["items"].rows
                }
                return rows
            }
            let columns = (webhook == nil ? [Column("webhook", "webhook")] : []) + WebhookCommand.deliveryColumns
            try output.print(.array(rows), columns)
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send one delivery again, or all events after one.",
            discussion: """
                Everything keeps its webhook-id, so that a receiver knows what it has seen.

                Examples:
                  tenantry webhook replay 3k9x2m7p4q8w --delivery msg_3k9x2m7p4q8w_42_kq1x0z
                  tenantry webhook replay 3k9x2m7p4q8w --since 1200
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The webhook's id.") var webhook: String
        @Option(help: "The delivery's id, which is its webhook-id.") var delivery: String?
        @Option(help: "The sequence number of an event; what comes after it is sent again.") var since: Int?

        func validate() throws {
            guard (delivery == nil) != (since == nil) else { throw ValidationError("Give --delivery or --since.") }
        }

        func run() async throws {
            let body: [String: JSONValue] = [
                "delivery": delivery.json, "since": since.map { .number(Decimal($0)) } ?? .null,
            ].compact
            let reply = try await connection.withService(working: .webhooks) { service in
                let reply = try await service.post(WebhookCommand.path(webhook, "/replay"), body)
                guard let delivery else { return reply }
                return try await WebhookCommand.outcome(of: delivery, webhook, service)
            }
            if delivery != nil { return try output.print(reply, WebhookCommand.deliveryColumns) }
            if output.format != .table { return try output.print(reply, [Column("since", "since")]) }
            Terminal.say(
                "tenantry: events after \(reply["since"].cell) are sent again; see `tenantry webhook deliveries`")
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a message of the type webhook.test and wait for what comes of it.",
            discussion: """
                Exit code 1: it did not get through at once. It is then tried again like any other.

                Examples:
                  tenantry webhook test 3k9x2m7p4q8w
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The webhook's id.") var webhook: String

        func run() async throws {
            let delivery = try await connection.withService(working: .webhooks) { service in
                let sent = try await service.post(WebhookCommand.path(webhook, "/test"), [:])
                return try await WebhookCommand.outcome(of: sent["id"].cell, webhook, service)
            }
            try output.print(delivery, WebhookCommand.deliveryColumns)
            guard delivery["state"].cell == "delivered" else {
                Terminal.say("tenantry: it did not get through. \(delivery["last"]["error"].cell)")
                throw ExitCode(1)
            }
        }
    }

    /// The delivery after its first attempt, or as it is when that takes longer than any attempt may.
    fileprivate static func outcome(
        of delivery: String, _ webhook: String, _ service: ServiceClient
    ) async throws -> JSONValue {
        let deadline = ContinuousClock.now + .seconds(25)
        while true {
            let found = try await service.get(path(webhook, "/deliveries/\(delivery.escaped)"))
            let isTried = found["state"].cell != "waiting" || (found["attempts"].int ?? 0) > 0
            if isTried || ContinuousClock.now >= deadline { return found }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
