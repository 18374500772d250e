import CurlHTTP
import FoundationEssentials
import OpenSSLCrypto
import Tenancy

/// How the app proves to a token endpoint that it is the app: by a secret, a certificate or a federated assertion.
///
/// Source: learn.microsoft.com/entra/identity-platform/certificate-credentials and RFC 7523.
struct ClientAuthentication: Sendable {
    let assertions: any AssertionProvider
    let clock: WallClock
    let randomness: Randomness

    /// Why the credential cannot be used: one sentence.
    struct Unusable: Error {
        let why: String
    }

    /// A form with the proof added to it, made anew each time, ready to be sent.
    func request(
        _ form: [(String, String)], to endpoint: String, as clientID: ClientID, with credential: ClientCredential
    ) async throws(Unusable) -> CurlRequest {
        let proof = try await fields(credential, clientID: clientID, audience: endpoint)
        return CurlRequest(
            method: .post, url: endpoint,
            headers: [
                ("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json"),
                ("client-request-id", randomness.guid().uuidString.lowercased()),
                ("return-client-request-id", "true"),
            ],
            body: Array(PercentEncoding.form([("client_id", clientID.description)] + form + proof).utf8))
    }

    private func fields(
        _ credential: ClientCredential, clientID: ClientID, audience: String
    ) async throws(Unusable) -> [(String, String)] {
        switch credential {
        case .secret(let secret): return [("client_secret", secret.exposed)]
        case .certificate(let der, let privateKey):
            do throws(CryptoError) {
                let identity = try CertificateIdentity(
                    certificate: Certificate(der: der), privateKey: PrivateKey(pkcs8DER: privateKey.exposed),
                    now: clock.now())
                let assertion = SignedAssertion(
                    identity: identity, issuer: clientID.description, subject: clientID.description, audience: audience)
                return fields(try assertion.signed(at: clock.now(), id: randomness.guid()))
            } catch {
                throw Unusable(why: "\(error)")
            }
        case .federated(let source):
            do throws(AssertionError) { return fields(try await assertions.assertion(from: source)) } catch {
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
