import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Tenancy

/// `/metrics`: what the token engine counts, for Prometheus, or as JSON for whoever asks for that.
struct MetricsRoutes {
    let tokens: TokenBroker
    let startedAt: Date

    func add(to router: Router<OperatorContext>) {
        router.get("/metrics", use: read)
    }

    private struct Body: Encodable {
        let name: String
        let type: String
        let help: String
        let samples: [SampleBody]

        init(_ family: MetricFamily) {
            name = family.name
            type = family.kind.rawValue
            help = family.help
            samples = family.samples.map { sample in
                SampleBody(
                    name: family.name + sample.suffix,
                    labels: Dictionary(uniqueKeysWithValues: sample.labels.map { ($0.name, $0.value) }),
                    value: sample.value)
            }
        }
    }

    private struct SampleBody: Encodable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    @Sendable private func read(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let families = tokens.metrics.families + ProcessReading.families(startedAt: startedAt)
        if request.headers[.accept]?.contains("application/json") == true {
            return try JSONBody.response(["items": families.map { Body($0) }])
        }
        return Response(
            status: .ok, headers: [.contentType: MetricText.mediaType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: MetricText.text(families))))
    }
}
