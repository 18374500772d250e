import CurlHTTP
import EntraClient
import Foundation
import OpenSSLCrypto
import Synchronization
import Tenancy

/// A key by which the scripted authority signs, made for this run of the tests.
struct AuthorityKey: Sendable {
    let id: String
    let key: PrivateKey
    let modulus: [UInt8]

    /// Two keys for all tests: making one takes a while.
    static let first = Task { try await make("first") }
    static let second = Task { try await make("second") }

    private static func make(_ id: String) async throws -> AuthorityKey {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl("genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem")
            let digits = try await openssl("rsa -in key.pem -noout -modulus").replacing("Modulus=", with: "")
                .compactMap(\.hexDigitValue)
            let modulus = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
            return AuthorityKey(
                id: id, key: try PrivateKey(pem: openssl.read("key.pem"), passphrase: nil), modulus: modulus)
        }
    }

    func jwk(_ more: String = #","use":"sig""#, modulus other: [UInt8]? = nil) -> String {
        #"{"kty":"RSA","kid":"\#(id)","n":"\#(Base64URL.encode(other ?? modulus))","e":"AQAB"\#(more)}"#
    }

    /// Signs these very texts.
    func token(header: String, payload: String) throws -> String {
        let message = "\(Base64URL.encode(header.utf8)).\(Base64URL.encode(payload.utf8))"
        return "\(message).\(Base64URL.encode(try key.sign(Array(message.utf8), with: .rs256)))"
    }

    func token(_ claims: Claims) throws -> String {
        try token(header: #"{"typ":"JWT","alg":"RS256","kid":"\#(id)"}"#, payload: claims.json)
    }
}

/// The claims of an identity token, each as a piece of JSON.
struct Claims: Sendable {
    private var values: [String: String]

    /// As Entra makes them for the sample sign-in.
    static let sample = Claims(authority: "https://login.microsoftonline.com")

    init(authority: String) {
        let now = Int(testTime.timeIntervalSince1970)
        values = [
            "aud": #""\#(guid(9))""#, "iss": #""\#(authority)/\#(tenantID(1))/v2.0""#, "tid": #""\#(tenantID(1))""#,
            "iat": "\(now - 2)", "nbf": "\(now - 2)", "exp": "\(now + 3_598)", "nonce": #""sample-nonce""#,
            "oid": #""\#(guid(40))""#, "sub": #""pairwise""#, "ver": #""2.0""#, "name": #""Alex Admin""#,
            "wids": #"["62e90394-69f5-4237-9190-012177145e10"]"#,
        ]
    }

    func with(_ name: String, _ json: String?) -> Claims {
        var copy = self
        copy.values[name] = json
        return copy
    }

    var json: String { "{" + values.sorted { $0.key < $1.key }.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}" }
}

extension AdministratorSignIn {
    static let sample: AdministratorSignIn = {
        guard let app = AppName("crm") else { preconditionFailure("crm is no app name") }
        return AdministratorSignIn(
            cloud: .public, tenant: tenantID(1), app: app, clientID: ClientID(guid(9)),
            redirectURI: "https://isv.example/consent/signed-in", state: Secret("sample-state"),
            nonce: Secret("sample-nonce"), codeVerifier: Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
    }()
}

/// An authority whose keys and tokens the test chooses, and a sign-in that redeems a code there.
final class SignInDoor: Sendable {
    let transport: ScriptedTransport
    let credentials: MemoryCredentials
    let clock = MovableClock()
    private let signIn: OpenIDSignIn

    /// - Parameters:
    ///   - answer: to each request for a token.
    ///   - keys: to each request for keys, counted from 1.
    init(
        table: CloudTable = .microsoft, credentials: [ClientCredential] = [TokenDoor.secret],
        answer: @escaping @Sendable (CurlRequest) -> ScriptedTransport.Answer,
        keys: @escaping @Sendable (Int) -> ScriptedTransport.Answer
    ) {
        let fetches = Mutex(0)
        transport = ScriptedTransport { request, _ in
            guard request.url.hasSuffix("/discovery/v2.0/keys") else { return answer(request) }
            return keys(
                fetches.withLock { count in
                    count += 1
                    return count
                })
        }
        let store = MemoryCredentials(credentials)
        self.credentials = store
        let now = clock.wallClock
        signIn = OpenIDSignIn(
            transport: transport, table: table,
            credentials: CredentialTrial(credentials: store, clock: now), authentication: .sample(at: now), clock: now)
    }

    /// The authority gives that token, and publishes those keys.
    convenience init(_ token: String, keys: String...) {
        let document = #"{"keys":[\#(keys.joined(separator: ","))]}"#
        self.init(answer: { _ in .idToken(token) }, keys: { _ in .json(200, document) })
    }

    var fetches: Int { transport.requests.count { $0.url.hasSuffix("/keys") } }

    func url(_ sample: AdministratorSignIn = .sample) -> String? { signIn.signInURL(sample)?.exposed }

    func redeem(
        _ code: String = "s3cret-code", for sample: AdministratorSignIn = .sample
    ) async throws(AdministratorSignInError) -> AdministratorIdentity {
        try await signIn.redeem(Secret(code), for: sample)
    }

    /// Redeems, expects to be refused, and tells why.
    func refusal(for sample: AdministratorSignIn = .sample) async -> AdministratorSignInError? {
        do {
            _ = try await redeem(for: sample)
            return nil
        } catch {
            return error
        }
    }
}

extension ScriptedTransport.Answer {
    static func idToken(_ token: String) -> ScriptedTransport.Answer {
        .json(200, #"{"token_type":"Bearer","expires_in":3599,"access_token":"a.b.c","id_token":"\#(token)"}"#)
    }
}

/// A clock that the test moves.
final class MovableClock: Sendable {
    private let time = Mutex(testTime)

    var wallClock: WallClock { WallClock { self.time.withLock { $0 } } }

    func advance(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }
}

/// An app's credentials, the first one preferred.
final class MemoryCredentials: CredentialStore {
    private let values: [CredentialID: ClientCredential]
    private let records: Mutex<[Credential]>

    init(_ credentials: [ClientCredential]) {
        var values: [CredentialID: ClientCredential] = [:]
        var records: [Credential] = []
        for (number, value) in credentials.enumerated() {
            guard let id = CredentialID("credential0\(number)") else { preconditionFailure("no id") }
            values[id] = value
            records.append(
                Credential(
                    id: id, app: AdministratorSignIn.sample.app, kind: value.kind, label: "\(number)",
                    addedAt: testTime, stored: number == 0 ? .preferred : .active))
        }
        self.values = values
        self.records = Mutex(records)
    }

    var rejected: [Int?] { records.withLock { $0.compactMap(\.rejection).map(\.aadsts) } }

    func credentials(of app: AppName?) async throws(StoreError) -> [Credential] { records.withLock { $0 } }

    func open(_ id: CredentialID) async throws(StoreError) -> ClientCredential {
        guard let value = values[id] else { throw .notFound("Credential \(id)") }
        return value
    }

    func change(
        _ changes: [CredentialChange], of app: AppName, saving rotation: Rotation?, by actor: Actor, at now: Date
    ) async throws(StoreError) {
        records.withLock { records in
            for change in changes {
                guard case .reject(let id, let rejection) = change else { continue }
                for index in records.indices where records[index].id == id { records[index].rejection = rejection }
            }
        }
    }

    func rotation(of app: AppName) async throws(StoreError) -> Rotation? { nil }
    func unfinishedRotations() async throws(StoreError) -> [Rotation] { [] }
}
