import Foundation
import Tenancy
import Testing

@Suite("A registration spec")
struct RegistrationSpecTests {
    /// A sound spec with that member changed; `nil` takes it out.
    private static func json(_ name: String? = nil, _ value: JSONValue? = nil) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": .string("fleet"), "display_name": .string("Fleet Sync"), "home_tenant": .string("isv.example"),
            "audience": .string("AzureADMultipleOrgs"),
            "redirect_uris": .array([.string("https://isv.example/consent/callback")]),
            "permissions": .array([permission()]),
        ]
        if let name { members[name] = value }
        return .object(members)
    }

    private static func permission(_ members: [String: JSONValue] = [:]) -> JSONValue {
        .object(["role": .string("User.Read.All"), "reason": .string("To know your people.")].merging(members) { $1 })
    }

    private func fault(_ json: JSONValue) -> SpecFault? {
        #expect(throws: SpecFault.self) { try RegistrationSpec(json) }
    }

    @Test("reads back what it writes")
    func roundTrip() throws {
        let json = JSONValue.object([
            "name": .string("fleet"), "display_name": .string("Fleet Sync"), "cloud": .string("usgov"),
            "home_tenant": .string("isv.example"), "audience": .string("AzureADMyOrg"), "redirect_uris": .array([]),
            "owners": .array([.string("ada@isv.example"), .string(guid(4).description)]),
            "permissions": .array([
                .object([
                    "api": .string("api://orders"), "role": .string("Orders.Read"), "reason": .string("To bill."),
                    "acknowledge_risk": .bool(true),
                ])
            ]),
        ])
        let spec = try RegistrationSpec(json)
        #expect(spec.json == json)
        #expect(try RegistrationSpec(spec.json) == spec)
    }

    @Test("asks Microsoft Graph unless it says otherwise, by any of an API's names")
    func apis() throws {
        func api(_ name: JSONValue?) throws -> APIReference? {
            let members = name.map { ["api": $0] } ?? [:]
            return try RegistrationSpec(Self.json("permissions", .array([Self.permission(members)]))).permissions.first?
                .api
        }
        let graph = APIReference("https://graph.microsoft.com")
        #expect(try api(nil) == graph)
        #expect(try api(.string("microsoft graph")) == graph)
        #expect(try api(.string("00000003-0000-0000-C000-000000000000")) == graph)
        #expect(try api(.string("api://orders")) == .uri("api://orders"))
        #expect(try api(.string("Orders")) == .name("Orders"))
    }

    @Test(
        "names the place of what is wrong",
        arguments: [
            ("name", .string("Fleet!"), "name"),
            ("display_name", .string(String(repeating: "x", count: 121)), "display_name"),
            ("cloud", .string("germany"), "cloud"), ("home_tenant", .string("common"), "home_tenant"),
            ("home_tenant", .string("../x"), "home_tenant"), ("audience", .string("Everybody"), "audience"),
            ("redirect_uris", .array([]), "redirect_uris"),
            (
                "redirect_uris", .array([.string("https://ok.example/"), .string("http://isv.example/")]),
                "redirect_uris[1]"
            ),
            ("redirect_uris", .array([.string("https://a.example/#x")]), "redirect_uris[0]"),
            ("redirect_uris", .string("https://a.example/"), "redirect_uris"),
            ("owners", .array([.number(4)]), "owners[0]"), ("permissions", .array([]), "permissions"),
            ("permissions", .object([:]), "permissions"),
            ("permissions", .array([.string("User.Read.All")]), "permissions[0]"),
            ("display_nam", .string("x"), "display_nam"),
        ] as [(String, JSONValue, String)])
    func places(name: String, value: JSONValue, pointer: String) {
        #expect(fault(Self.json(name, value))?.pointer == pointer)
    }

    @Test("says which member is missing", arguments: ["name", "display_name", "home_tenant", "audience"])
    func missing(_ name: String) {
        let fault = fault(Self.json(name, nil))
        #expect(fault?.what == "'\(name)' is missing.")
    }

    @Test("guesses what a misspelt member was to be")
    func misspelt() {
        #expect(fault(Self.json("redirect_uri", .array([])))?.mend == "Did you mean redirect_uris?")
    }

    @Test(
        "refuses a delegated permission however it is written",
        arguments: [
            ["scope": .string("User.Read")], ["type": .string("Scope")], ["type": .string("delegated")],
            ["delegated": .bool(true)],
        ] as [[String: JSONValue]])
    func delegated(_ members: [String: JSONValue]) {
        let fault = fault(Self.json("permissions", .array([Self.permission(members)])))
        #expect(fault?.what.contains("delegated permission") == true)
        #expect(fault?.pointer.hasPrefix("permissions[0].") == true)
    }

    @Test(
        "refuses audiences with personal accounts, and says why",
        arguments: ["AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"])
    func personal(_ audience: String) {
        #expect(fault(Self.json("audience", .string(audience)))?.what.contains("personal accounts") == true)
    }

    @Test("needs no redirect URI when it works in its own tenant only")
    func ownTenant() throws {
        guard case .object(var members) = Self.json("redirect_uris", nil) else { return }
        members["audience"] = .string("AzureADMyOrg")
        #expect(try RegistrationSpec(.object(members)).redirectURIs.isEmpty)
    }

    @Test("says the same permission once")
    func twice() {
        let fault = fault(
            Self.json("permissions", .array([Self.permission(), Self.permission(["reason": .string("x")])])))
        #expect(fault?.pointer == "permissions[1].role")
    }

    @Test(
        "has no text that a script of it could take for an option, a file or nothing at all",
        arguments: ["-x", "@file", "a\nb", "a\u{202E}b", "a\u{2028}b", "a\u{7}b"])
    func steering(_ text: String) {
        #expect(fault(Self.json("display_name", .string(text)))?.pointer == "display_name")
        #expect(fault(Self.json("owners", .array([.string(text)])))?.pointer == "owners[0]")
    }

    @Test(
        "exports no quotation mark that PowerShell takes for the end of a text",
        arguments: ["'", "\u{2018}", "\u{2019}", "\u{201A}", "\u{201B}"])
    func powershell(_ mark: String) throws {
        let spec = try RegistrationSpec(Self.json("display_name", .string("a\(mark); Remove-Item; \(mark)b")))
        let text = RegistrationExport.text(spec, for: .powershell)
        #expect(text.contains("'a\(mark)\(mark); Remove-Item; \(mark)\(mark)b'"))
    }
}

@Suite("A near match")
struct NearMatchTests {
    @Test("is what was probably meant, the closest first, or nothing")
    func near() {
        let names = ["User.Read.All", "User.ReadWrite.All", "Group.Read.All", "Mail.Read"]
        #expect(NearMatch.of("user.read.al", in: names) == ["User.Read.All"])
        #expect(NearMatch.of("User.Raed.All", in: names).first == "User.Read.All")
        #expect(NearMatch.of("User", in: names) == ["User.Read.All", "User.ReadWrite.All"])
        #expect(NearMatch.of("Calendars.Read", in: names).isEmpty)
        #expect(NearMatch.of("", in: names).isEmpty)
    }
}
