import Foundation
import Tenancy
import Testing

@Suite("Secret")
struct SecretTests {
    private struct Holder {
        let name = "holder"
        let secret = Secret("hunter2")
    }

    @Test("is shown by no way of printing")
    func printing() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        let texts = [
            "\(secret)", String(describing: secret), String(reflecting: secret), dumped,
            "\([secret])", "\(["key": secret])", "\(Optional(secret) as Any)", "\(Set([secret]))",
        ]
        #expect(texts.allSatisfy { !$0.contains("hunter") })
        #expect("\(secret)" == "<secret>")
    }

    @Test("is not shown by what holds it")
    func holder() {
        var dumped = ""
        dump(Holder(), to: &dumped)
        let texts = ["\(Holder())", String(reflecting: Holder()), dumped]
        #expect(texts.allSatisfy { !$0.contains("hunter") && $0.contains("holder") })
    }

    @Test("has no children that a mirror shows")
    func mirror() {
        #expect(Mirror(reflecting: Secret("hunter2")).children.isEmpty)
        #expect(Mirror(reflecting: Secret<[UInt8]>([1, 2])).children.isEmpty)
    }

    @Test("cannot be encoded")
    func encoding() {
        let secret: Any = Secret("hunter2")
        #expect(!(secret is any Encodable))
    }

    @Test("is compared by its value")
    func comparison() {
        #expect(Secret("a") == Secret("a"))
        #expect(Secret("a") != Secret("b"))
        #expect(Secret("a").exposed == "a")
    }

    @Test("stays hidden in tokens, callbacks, credentials and keys")
    func inside() throws {
        let key = TokenKey(.sample(), tenantID(1))
        let token = try TestToken(key, mark: "hunter2").unverified().checked(for: key)
        let callback = try UnverifiedConsentCallback(query: "state=hunter2&admin_consent=True&tenant=x")
        let credential = ClientCredential.secret(Secret("hunter2"))
        let brought = BroughtCredential.pem(Secret(Array("hunter2".utf8)), passphrase: Secret("hunter2"))
        let text = APIKeyText(role: .admin, randomness: .seeded(7))
        for value in [token, callback, credential, brought, text] as [Any] {
            var dumped = ""
            dump(value, to: &dumped)
            for shown in ["\(value)", String(reflecting: value), dumped] {
                #expect(!shown.contains("hunter2") && !shown.contains(token.value.exposed))
                #expect(!shown.contains(text.secret.exposed))
            }
        }
    }
}
