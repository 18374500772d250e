import CurlHTTP
import FoundationEssentials
package import Tenancy

/// How the app proves to a token endpoint that it is the app: by a secret, a certificate or a federated assertion.
///
/// Source: learn.microsoft.com/entra/identity-platform/certificate-credentials and RFC 7523.
package struct ClientAuthentication: Sendable {
    private let federation: any AssertionProvider
    private let signer: AssertionSigner
    private let randomness: Randomness

    /// - Parameters:
    ///   - federation: fetches the federated assertions.
    ///   - signingThreads: as many as the machine has cores.
    package init(
        federation: any AssertionProvider, signingThreads: Int, clock: WallClock, randomness: Randomness
    ) {
        self.federation = federation
        signer = AssertionSigner(threads: signingThreads, clock: clock, randomness: randomness)
        self.randomness = randomness
    }

    /// Why the credential cannot be used: one sentence.
    struct Unusable: Error {
        let why: String
    }

    /// A form with the proof added to it, ready to be sent.
    func request(
        _ form: [(String, String)], to endpoint: String, as clientID: ClientID, with credential: ClientCredential
    ) async throws(Unusable) -> CurlRequest {
        let proof = try await proof(credential, clientID: clientID, audience: endpoint)
        return CurlRequest(
            method: .post, url: endpoint,
            headers: [
                ("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json"),
                ("client-request-id", randomness.guid().uuidString.lowercased()),
                ("return-client-request-id", "true"),
            ],
            body: Array(PercentEncoding.form([("client_id", clientID.description)] + form + proof).utf8))
    }

    private func proof(
        _ credential: ClientCredential, clientID: ClientID, audience: String
    ) async throws(Unusable) -> [(String, String)] {
        switch credential {
        case .secret(let secret): return [("client_secret", secret.exposed)]
        case .certificate(let der, let privateKey):
            do {
                return fields(
                    try await signer.assertion(
                        certificate: der, privateKey: privateKey, client: clientID, audience: audience))
            } catch {
                throw Unusable(why: "\(error)")
            }
        case .federated(let source):
            do throws(AssertionError) { return fields(try await federation.assertion(from: source)) } catch {
                throw Unusable(why: "The federated assertion \(error.clause).")
            }
        }
    }

    private func fields(_ assertion: Secret<String>) -> [(String, String)] {
        [
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion.exposed),
        ]
    }
}
