import CurlHTTP
import EntraClient
import Foundation
import OpenSSLCrypto
import Synchronization
import Tenancy
import Testing

@Suite("Client assertion")
struct AssertionReuseTests {
    /// Time of day and steady time, moved apart by the test.
    private final class TwoClocks: Sendable {
        private let times = Mutex((date: testTime, steady: TimeInterval(7)))

        var wallClock: WallClock {
            WallClock(now: { self.times.withLock { $0.date } }, steady: { self.times.withLock { $0.steady } })
        }

        func advance(day: TimeInterval = 0, steady: TimeInterval = 0) {
            times.withLock { $0 = ($0.date + day, $0.steady + steady) }
        }
    }

    private let clocks = TwoClocks()
    private let door: TokenDoor

    init() {
        door = TokenDoor(ScriptedTransport(Replies.token()), clock: clocks.wallClock)
    }

    private func ask(_ key: TokenKey = .sample, with credential: ClientCredential? = nil) async throws {
        try await door.send(key, with: try credential ?? TestCertificate.credential())
    }

    private func key(
        _ tenant: Int = 1, client: Int = 9, cloud: Cloud = .public, resource: Resource = graph
    ) -> TokenKey {
        TokenKey(cloud: cloud, tenant: tenantID(tenant), clientID: ClientID(guid(client)), resource: resource)
    }

    private var assertions: [String] {
        get throws { try door.requests.map { try Assertion(in: $0).text } }
    }

    @Test("is lent out again for nine of its ten minutes, for every resource of the tenant")
    func reuse() async throws {
        try await ask()
        try await ask(key(resource: resource("api://billing")))
        clocks.advance(day: 539.5, steady: 539.5)
        try await ask()
        #expect(Set(try assertions).count == 1)
        clocks.advance(day: 0.5, steady: 0.5)
        try await ask()
        #expect(Set(try assertions).count == 2)
    }

    @Test("is made anew when the clock was set meanwhile, in either direction", arguments: [-1.0, 540])
    func clockSet(_ step: TimeInterval) async throws {
        try await ask()
        clocks.advance(day: step)
        try await ask()
        #expect(Set(try assertions).count == 2)
    }

    @Test("is made anew when its time is over, though the clock was set back by as much")
    func clockHeldBack() async throws {
        try await ask()
        clocks.advance(steady: 540)
        try await ask()
        #expect(Set(try assertions).count == 2)
    }

    @Test("names the one endpoint it is for, and goes to no other tenant, app or cloud")
    func audiences() async throws {
        let keys = [key(), key(2), key(client: 10), key(cloud: .usGov), key(2), key()]
        for key in keys { try await ask(key) }
        for (request, key) in zip(door.requests, keys) {
            let assertion = try Assertion(in: request)
            #expect(assertion.audience == request.url && request.url.contains("/\(key.tenant)/"))
            #expect(assertion.issuer == key.clientID.description)
        }
        #expect(Set(try assertions).count == 4)
    }

    @Test("is another's for another certificate, and for the same certificate with a key that is not its own none")
    func certificates() async throws {
        let other = try CertificateIdentity.selfSigned(commonName: "isv", validFor: .seconds(86_400), now: testTime)
        let otherKey = Secret(try other.privateKey.pkcs8DER())
        try await ask()
        try await ask(with: .certificate(der: other.certificate.der, privateKey: otherKey))
        #expect(Set(try assertions).count == 2)
        let mixed = ClientCredential.certificate(
            der: try TestCertificate.identity.get().certificate.der, privateKey: otherKey)
        let error = await door.refusal(with: mixed)
        guard case .credentialUnusable(let why) = error?.reason else {
            Issue.record("a foreign key was used: \(String(describing: error))")
            return
        }
        #expect(why.contains("does not belong") && door.requests.count == 2)
    }

    @Test("is signed once, however many ask for it at the same time")
    func stampede() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { try await ask() } }
            try await group.waitForAll()
        }
        #expect(try assertions.count == 100)
        #expect(Set(try assertions).count == 1)
    }

    @Test("is not lent out by a certificate whose time is over, or has not begun")
    func certificateTime() async throws {
        let certificate = try TestCertificate.identity.get().certificate
        clocks.advance(day: certificate.notAfter.timeIntervalSince(testTime) - 1, steady: 1)
        try await ask()
        clocks.advance(day: 1, steady: 1)
        let expired = await door.refusal(with: try TestCertificate.credential())
        #expect(expired?.problem.detail.contains("expired") == true)
        clocks.advance(day: certificate.notBefore.timeIntervalSince(certificate.notAfter) - 1, steady: 1)
        let early = await door.refusal(with: try TestCertificate.credential())
        #expect(early?.problem.detail.contains("valid only from") == true)
        #expect(door.requests.count == 1)
    }
}
