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
    private let randomness: Randomness
    private let pause: @Sendable (Duration) async throws -> Void

    /// What a 429 without a readable `Retry-After` means. Source: MSAL's own rule of one minute.
    static let defaultThrottle: TimeInterval = 60

    /// - Parameter pause: waits before the one retry; tests pass one that returns at once.
    package init(
        transport: any HTTPTransport, table: CloudTable, assertions: any AssertionProvider, clock: WallClock,
        randomness: Randomness,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.transport = transport
        self.table = table
        authentication = ClientAuthentication(assertions: assertions, clock: clock, randomness: randomness)
        self.clock = clock
        self.randomness = randomness
        self.pause = pause
    }

    package func requestToken(
        _ key: TokenKey, with credential: ClientCredential
    ) async throws(TokenError) -> UnverifiedToken {
        guard let cloud = table[key.cloud] else { throw TokenError(key, .cloudNotConfigured) }
        do throws(Failure) {
            return try await attempt(key, at: cloud, with: credential)
        } catch {
            guard error.isPassing else { throw error.error }
        }
        do { try await pause(.seconds(randomness.jitter())) } catch {
            throw TokenError(key, .unavailable("the request was cancelled"))
        }
        do throws(Failure) {
            return try await attempt(key, at: cloud, with: credential)
        } catch {
            throw error.error
        }
    }

    /// Why one attempt brought no token, and whether another one soon may.
    private struct Failure: Error {
        let error: TokenError
        var isPassing = false
    }

    private func attempt(
        _ key: TokenKey, at cloud: CloudEndpoints, with credential: ClientCredential
    ) async throws(Failure) -> UnverifiedToken {
        let request: CurlRequest
        do throws(TokenError) { request = try await self.request(key, at: cloud, with: credential) } catch {
            throw Failure(error: error)
        }
        let response: CurlResponse
        do throws(CurlError) { response = try await transport.send(request) } catch {
            throw Failure(error: TokenError(key, .unavailable(error.clause)), isPassing: error.isPassing)
        }
        guard response.status == 200 else { throw refusal(response, for: key) }
        return try token(in: response, for: key)
    }

    private func request(
        _ key: TokenKey, at cloud: CloudEndpoints, with credential: ClientCredential
    ) async throws(TokenError) -> CurlRequest {
        let form = [("grant_type", "client_credentials"), ("scope", key.resource.defaultScope)]
        do throws(ClientAuthentication.Unusable) {
            return try await authentication.request(
                form, to: cloud.tokenEndpoint(of: key.tenant), as: key.clientID, with: credential)
        } catch {
            throw TokenError(key, .credentialUnusable(error.why))
        }
    }

    private func token(in response: CurlResponse, for key: TokenKey) throws(Failure) -> UnverifiedToken {
        guard let reply = WireJSON.decode(TokenReply.self, from: response.body),
            reply.tokenType.lowercased() == "bearer", !reply.accessToken.isEmpty, reply.expiresIn.seconds > 0
        else {
            throw Failure(error: TokenError(key, .unavailable("the authority's reply is not a token")), isPassing: true)
        }
        return UnverifiedToken(
            value: Secret(reply.accessToken), receivedAt: clock.now(),
            lifetime: min(reply.expiresIn.seconds, 86_400 * 7))
    }

    private func refusal(_ response: CurlResponse, for key: TokenKey) -> Failure {
        let refusal = AuthorityRefusal(response)
        func failure(_ reason: TokenError.Reason, isPassing: Bool = false) -> Failure {
            Failure(error: TokenError(key, reason, trace: refusal.trace), isPassing: isPassing)
        }
        let trouble = TokenError.Reason.unavailable("it answered with status \(response.status)")
        switch response.status {
        case 429: return failure(.throttled(refusal.retryAfter ?? Self.defaultThrottle))
        case 500...:
            if let seconds = refusal.retryAfter { return failure(.throttled(seconds)) }
            return failure(trouble, isPassing: true)
        case 400...: break
        default: return failure(trouble)
        }
        if refusal.meaning == .transient {
            if let seconds = refusal.retryAfter { return failure(.throttled(seconds)) }
            return failure(.unavailable("the directory has passing trouble"), isPassing: true)
        }
        if let meaning = refusal.meaning { return failure(.refused(meaning)) }
        guard !refusal.error.isEmpty || refusal.trace.aadsts != nil else { return failure(trouble) }
        return failure(.refusedUnknown(refusal.trace.aadsts.map { "AADSTS\($0)" } ?? refusal.error))
    }
}

extension CurlError {
    /// Whether the same request may succeed a moment later.
    fileprivate var isPassing: Bool {
        switch self {
        case .cannotResolve, .cannotConnect, .tlsFailed, .connectTimedOut, .timedOut, .transferFailed: true
        case .refused, .addressNotPublic, .responseTooLarge, .cancelled, .shutDown: false
        }
    }
}

private struct TokenReply: Decodable {
    let tokenType: String
    let accessToken: String
    let expiresIn: LenientSeconds
}
