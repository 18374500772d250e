import Tenancy
import Testing

@Suite("Explanation")
struct ExplanationTests {
    @Test("goes by the AADSTS code, else by the OAuth error, else by the status")
    func order() {
        #expect(Explanation.of(aadsts: 7_000_229, error: "invalid_client", status: 401)?.class == .consentMissing)
        #expect(Explanation.of(aadsts: nil, error: "invalid_client", status: 429)?.code == "invalid_client")
        #expect(Explanation.of(aadsts: nil, error: "INVALID_CLIENT", status: nil)?.class == .ourCredential)
        #expect(Explanation.of(aadsts: nil, error: "something_new", status: 429)?.code == "HTTP 429")
        #expect(Explanation.of(aadsts: nil, error: nil, status: 503)?.isRetryable == true)
        for status in [200, 302, 600, -1] { #expect(Explanation.of(aadsts: nil, error: nil, status: status) == nil) }
    }

    @Test("of an unknown code keeps its number, and says that it goes by what came with it")
    func unknownCode() {
        let explanation = Explanation.of(aadsts: 999_999, error: "temporarily_unavailable", status: 400)
        #expect(explanation?.code == "AADSTS999999" && explanation?.aadsts == 999_999)
        #expect(explanation?.meaning.contains("does not know the code") == true && explanation?.isRetryable == true)
        #expect(Explanation.of(aadsts: 999_999, error: nil, status: nil) == nil)
    }

    @Test(
        "is found in whatever was pasted: the first AADSTS code decides",
        arguments: [
            ("AADSTS7000222", "AADSTS7000222"), ("7000222", "AADSTS7000222"), (" aadsts7000222\n", "AADSTS7000222"),
            ("invalid_client", "invalid_client"), ("Invalid_Client", "invalid_client"),
            (#"{"error":"invalid_client","error_codes":[7000215]}"#, "AADSTS7000215"),
            (#"{"error":"invalid_client","error_codes": [ 7000215, 50011 ]}"#, "AADSTS7000215"),
            (#"{"error":"invalid_scope"}"#, "invalid_scope"),
            ("MSAL: AADSTS53003: Blocked. AADSTS65001 later.", "AADSTS53003"),
            ("error=access_denied&error_description=AADSTS65004%3a+User+declined", "AADSTS65004"),
            ("error=access_denied&state=x", "access_denied"),
            ("AADSTS999999: no idea, error: consent_required", "AADSTS999999"),
            ("429", "HTTP 429"), ("HTTP 503 Service Unavailable", "HTTP 503"), ("status: 429", "HTTP 429"),
            ("Trace ID: 7000222-1 (AADSTS700016)", "AADSTS700016"),
        ])
    func pasted(_ text: String, _ code: String) {
        #expect(Explanation.of(text: text)?.code == code)
    }

    @Test(
        "is not made up where nothing is known",
        arguments: [
            "", " ", "x", "AADSTS", "AADSTS1", "AADSTS7000222x", "XAADSTS7000222", "AADSTS70002220000000000",
            "error 7000222 happened", "Order 53003 and 65001", "AADSTS٧٠٠٠٢٢٢", "caféAADSTS65001", "99",
            "invalid client",
        ])
    func nothing(_ text: String) {
        #expect(Explanation.of(text: text) == nil)
    }

    @Test("reads 64 KiB of what was pasted and no more")
    func size() {
        let filler = String(repeating: "x ", count: 32_000)
        #expect(Explanation.of(text: filler + " AADSTS65001 ")?.code == "AADSTS65001")
        #expect(Explanation.of(text: filler + filler + " AADSTS65001") == nil)
    }

    @Test("writes to the customer exactly when it is the customer's move, with the names, the code and the way")
    func customerMessage() {
        for entry in AuthorityCode.all {
            let explanation = Explanation(entry)
            let message = explanation.customerMessage(app: "CRM Sync", tenant: "Contoso")
            #expect((message != nil) == (entry.whoMustAct == .customerAdmin), "\(entry.number)")
            guard let message else { continue }
            #expect(message.contains("CRM Sync") && message.contains("Contoso"), "\(entry.number)")
            #expect(message.contains("AADSTS\(entry.number):") && message.contains("Entra ID > "), "\(entry.number)")
        }
        #expect(Explanation.of(text: "65001")?.customerMessage()?.contains("{app} cannot work for {tenant}") == true)
    }

    @Test("writes two to five sentences, plain and polite", arguments: CustomerAction.allCases)
    func plain(_ action: CustomerAction) {
        let message = action.message(app: "CRM", tenant: "Contoso", code: "AADSTS1")
        let sentences = message.replacing("https://entra.microsoft.com", with: "").replacing("?\"", with: "")
            .split(whereSeparator: { ".?!".contains($0) }).filter { $0.contains(where: \.isLetter) }
        #expect((2...5).contains(sentences.count), "\(message)")
        #expect(message.contains("lease") && message.contains("thank you"))
        #expect(message.contains("in the Microsoft Entra admin center (https://entra.microsoft.com)"))
        #expect(!message.contains("  ") && message.count < 800)
        #expect(!message.contains("{") && !message.contains("service principal is"))
        #expect(action.message(app: "CRM", tenant: "Contoso", code: nil).contains("The reason: "))
    }
}
