import Tenancy
import Testing

@Suite("Redirect URI")
struct RedirectURITests {
    @Test(
        "is https anywhere, or http on localhost",
        arguments: [
            "https://isv.example/consent/callback", "https://isv.example", "https://isv.example:8443/cb?x=1",
            "http://localhost/cb", "http://localhost:8080/cb", "https://127.0.0.1/cb",
        ])
    func accepted(_ text: String) throws {
        try RedirectURI.check(text)
    }

    @Test(
        "is refused otherwise",
        arguments: [
            "", "isv.example/cb", "/cb", "http://isv.example/cb", "http://localhost.evil.example/cb",
            "http://127.0.0.1/cb", "http://[::1]/cb", "ftp://localhost/cb", "javascript:alert(1)", "https://",
            "https:///cb", "https://isv.example/cb#part", "https://isv.example/c b", "https://isv.example/cb\r\nX: y",
            "https://ïsv.example/cb", "https://isv.example/\"", "https://isv.example/<b>",
        ])
    func refused(_ text: String) {
        let error = #expect(throws: RegistrationError.self) { try RedirectURI.check(text) }
        #expect(error?.problem.code == "app_invalid")
    }

    @Test("has none of the characters Entra forbids", arguments: ["!", "$", "'", "(", ")", ",", ";"])
    func forbidden(_ character: String) {
        #expect(throws: RegistrationError.self) { try RedirectURI.check("https://isv.example/a\(character)b") }
    }

    @Test("has 256 characters at most")
    func length() throws {
        let longest = "https://isv.example/" + String(repeating: "a", count: 236)
        try RedirectURI.check(longest)
        #expect(throws: RegistrationError.self) { try RedirectURI.check(longest + "a") }
    }
}
