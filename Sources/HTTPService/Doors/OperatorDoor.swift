import FoundationEssentials
import Hummingbird
import NIOCore
package import Tenancy

/// The door of the ISV's engineers and support staff, and of the command line: the REST API `/v1`.
package struct OperatorDoor: Sendable {
    private let steps: Steps
    private let output: any RunOutput
    private let publicURL: String
    /// Those who follow the events, at all addresses of this door.
    private let seats = StreamSeats()
    /// Of all addresses of this door.
    private let sightings: TokenSightings
    private let startedAt: Date

    /// - Parameters:
    ///   - publicURL: the base of the public door as browsers reach it.
    ///   - tokenBytes: what the tokens in memory may take.
    package init(
        steps: Steps, output: any RunOutput, publicURL: String, tokenBytes: Int = TokenBroker.defaultCacheBytes
    ) {
        self.steps = steps
        self.output = output
        sightings = TokenSightings(audit: steps.stores.audit, clock: steps.clock, tokenBytes: tokenBytes)
        startedAt = steps.clock.now()
        self.publicURL = publicURL.hasSuffix("/") ? String(publicURL.dropLast()) : publicURL
    }

    /// Every route of the API, as `METHOD /path/:parameter`; a test holds the contract to it.
    package var routes: [String] {
        router(.apiKey).routes.map { "\($0.method.rawValue) \($0.path)" }.sorted()
    }

    func router(_ admission: Admission) -> Router<OperatorContext> {
        let router = Router(context: OperatorContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ProblemMiddleware())
        HealthRoutes(store: steps.stores.tenants).add(to: router)
        let contract = WebAssets.all()["API/openapi.yaml"] ?? []
        router.get("/openapi.yaml") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/yaml"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: contract)))
        }
        // What is added from here on wants a caller.
        router.add(middleware: Authentication(admission: admission, keys: steps.keys))
        let apps = AppRoutes(steps: steps, defaultRedirectURI: "\(publicURL)/consent/callback")
        apps.add(to: router)
        RegistrationRoutes(steps: steps, apps: apps).add(to: router)
        OperationRoutes(operations: steps.operations).add(to: router)
        CredentialRoutes(steps: steps).add(to: router)
        RotationRoutes(steps: steps).add(to: router)
        FindingRoutes(steps: steps).add(to: router)
        ReleaseRoutes(steps: steps).add(to: router)
        DoctorRoutes(steps: steps, publicURL: publicURL).add(to: router)
        TenantRoutes(steps: steps).add(to: router)
        TenantChangeRoutes(steps: steps).add(to: router)
        GroupRoutes(steps: steps).add(to: router)
        BulkRoutes(steps: steps, publicURL: publicURL).add(to: router)
        ConsentRoutes(steps: steps).add(to: router)
        LinkRoutes(steps: steps, publicURL: publicURL).add(to: router)
        CampaignRoutes(steps: steps, publicURL: publicURL).add(to: router)
        TokenRoutes(steps: steps, sightings: sightings).add(to: router)
        MetricsRoutes(tokens: steps.tokens, startedAt: startedAt).add(to: router)
        RunRoutes(steps: steps, output: output).add(to: router)
        KeyRoutes(steps: steps).add(to: router)
        SealingRoutes(steps: steps).add(to: router)
        BackupRoutes(steps: steps).add(to: router)
        RecordRoutes(steps: steps).add(to: router)
        ExplanationRoutes(steps: steps).add(to: router)
        EventRoutes(steps: steps, seats: seats).add(to: router)
        WebhookRoutes(steps: steps).add(to: router)
        return router
    }
}
