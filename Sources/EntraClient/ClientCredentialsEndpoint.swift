import CurlHTTP
import FoundationEssentials
package import Tenancy

/// The client-credentials grant at the tenant's own v2 token endpoint.
///
/// Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.
package struct ClientCredentialsEndpoint: TokenEndpoint {
    private let transport: any HTTPTransport
    private let table: CloudTable
    private let authentication: ClientAuthentication
    private let clock: WallClock

    /// What a 429 without a readable `Retry-After` means. Source: MSAL's own rule of one minute.
    static let defaultThrottle: TimeInterval = 60

    package init(
        transport: any HTTPTransport, table: CloudTable, authentication: ClientAuthentication, clock: WallClock
    ) {
        self.transport = transport
        self.table = table
        self.authentication = authentication
        self.clock = clock
    }

    package func prepare(
        _ key: TokenKey, claims: ClaimsChallenge?, with credential: ClientCredential
    ) async throws(TokenError) -> PreparedTokenRequest {
        guard let cloud = table[key.cloud] else { throw TokenError(key, .cloudNotConfigured) }
        let request = try await request(key, claims: claims, at: cloud, with: credential)
        return { () async throws(TokenError) in try await send(request, for: key) }
    }

    private func send(_ request: CurlRequest, for key: TokenKey) async throws(TokenError) -> AccessToken {
        let response: CurlResponse
        do throws(CurlError) { response = try await transport.send(request) } catch {
            throw TokenError(key, .unavailable(error.clause))
        }
        guard response.status == 200 else { throw refusal(response, for: key) }
        return try token(in: response, for: key).checked(for: key)
    }

    private func request(
        _ key: TokenKey, claims: ClaimsChallenge?, at cloud: CloudEndpoints, with credential: ClientCredential
    ) async throws(TokenError) -> CurlRequest {
        var form = [("grant_type", "client_credentials"), ("scope", key.resource.defaultScope)]
        if let claims { form.append(("claims", claims.json)) }
        do throws(ClientAuthentication.Unusable) {
            return try await authentication.request(
                form, to: cloud.tokenEndpoint(of: key.tenant), as: key.clientID, with: credential)
        } catch {
            throw TokenError(key, .credentialUnusable(error.why))
        }
    }

    private func token(in response: CurlResponse, for key: TokenKey) throws(TokenError) -> UnverifiedToken {
        let trace = AuthorityTrace(of: response)
        let reply: TokenReply
        do throws(TokenReply.Flaw) { reply = try TokenReply(response) } catch {
            throw TokenError(key, .unavailable(error.clause), trace: trace)
        }
        guard
            let token = UnverifiedToken(
                received: reply.accessToken, expiresIn: reply.expiresIn, refreshIn: reply.refreshIn, trace: trace,
                at: clock.moment())
        else {
            throw TokenError(
                key, .unavailable("its token has no life, or characters that a token cannot have"), trace: trace)
        }
        return token
    }

    private func refusal(_ response: CurlResponse, for key: TokenKey) -> TokenError {
        let refusal = AuthorityRefusal(response)
        func failure(_ reason: TokenError.Reason) -> TokenError { TokenError(key, reason, trace: refusal.trace) }
        let trouble = TokenError.Reason.unavailable("it answered with status \(response.status)")
        switch response.status {
        case 429: return failure(.throttled(refusal.retryAfter ?? Self.defaultThrottle))
        case 500...: return failure(refusal.retryAfter.map { .overloaded($0) } ?? trouble)
        case 400...: break
        default: return failure(trouble)
        }
        if refusal.meaning == .transient {
            return failure(
                refusal.retryAfter.map { .overloaded($0) } ?? .unavailable("the directory has passing trouble"))
        }
        if let meaning = refusal.meaning { return failure(.refused(meaning)) }
        guard !refusal.error.isEmpty || refusal.trace.aadsts != nil else { return failure(trouble) }
        return failure(.refusedUnknown(refusal.trace.aadsts.map { "AADSTS\($0)" } ?? refusal.error))
    }
}
