import CurlHTTP
import FoundationEssentials
package import Tenancy

/// Signs an administrator in at the home tenant's authority by a code that is typed elsewhere (RFC 8628).
///
/// Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code.
package struct DeviceCodeClient: DeviceCodeEndpoint {
    /// "Microsoft Graph Command Line Tools", a public client that exists in every tenant of every cloud.
    package let client: ClientID
    private let transport: any HTTPTransport
    private let table: CloudTable
    private let clock: WallClock

    /// The client that Microsoft's own Graph command line signs in with.
    package static let microsoftGraphCommandLine = ClientID("14d82eec-204b-4c2f-b7e8-296a70dab67e")

    package init(client: ClientID, transport: any HTTPTransport, table: CloudTable, clock: WallClock) {
        self.client = client
        self.transport = transport
        self.table = table
        self.clock = clock
    }

    private struct Start: Decodable {
        let deviceCode: String
        let userCode: String
        let verificationUri: String
        let expiresIn: LenientSeconds
        let interval: LenientSeconds?
    }

    package func begin(cloud: Cloud, tenant: TenantID, scopes: [String]) async throws(SignInError) -> DeviceCode {
        let response = try await post(
            "devicecode", [("client_id", client.description), ("scope", scopes.joined(separator: " "))], cloud, tenant)
        guard response.status == 200 else { throw refusal(response) }
        guard let start = WireJSON.decode(Start.self, from: response.body),
            start.verificationUri.hasPrefix("https://"), start.expiresIn.seconds > 0
        else { throw .unavailable("its reply is no device code") }
        return DeviceCode(
            code: Secret(start.deviceCode), userCode: start.userCode, address: start.verificationUri,
            expiresAt: clock.now() + start.expiresIn.seconds,
            interval: min(max(start.interval?.seconds ?? 5, 0.2), 60))
    }

    package func poll(_ code: DeviceCode, cloud: Cloud, tenant: TenantID) async throws(SignInError) -> DevicePoll {
        let response = try await post(
            "token",
            [
                ("client_id", client.description), ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                ("device_code", code.code.exposed),
            ], cloud, tenant)
        if response.status == 200 { return .token(try token(in: response)) }
        switch AuthorityRefusal(response).error {
        case "authorization_pending": return .pending
        case "slow_down": return .slowDown
        case "authorization_declined", "access_denied": throw .declined
        case "expired_token", "code_expired": throw .expired
        default: throw refusal(response)
        }
    }

    private func token(in response: CurlResponse) throws(SignInError) -> UnverifiedToken {
        let reply: TokenReply
        do throws(TokenReply.Flaw) { reply = try TokenReply(response) } catch { throw .unavailable(error.clause) }
        let token = UnverifiedToken(
            received: reply.accessToken, expiresIn: reply.expiresIn, trace: AuthorityTrace(of: response),
            at: clock.moment())
        guard let token else { throw .unavailable("its token has no life, or characters that a token cannot have") }
        return token
    }

    private func post(
        _ endpoint: String, _ form: [(String, String)], _ cloud: Cloud, _ tenant: TenantID
    ) async throws(SignInError) -> CurlResponse {
        guard let authority = table[cloud]?.authority else { throw .cloudNotConfigured }
        do {
            return try await transport.send(
                CurlRequest(
                    method: .post, url: "\(authority)/\(tenant)/oauth2/v2.0/\(endpoint)",
                    headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")],
                    body: Array(PercentEncoding.form(form).utf8)))
        } catch {
            throw .unavailable(error.clause)
        }
    }

    private func refusal(_ response: CurlResponse) -> SignInError {
        let refusal = AuthorityRefusal(response)
        if refusal.status == 429 || refusal.status >= 500 || refusal.meaning == .transient {
            return .unavailable("it answered with status \(refusal.status)")
        }
        return .refused(refusal.trace.aadsts.map { "AADSTS\($0)" } ?? refusal.error, refusal.trace)
    }
}
