import Tenancy
import Testing

@Suite("Authority code")
struct AuthorityCodeTests {
    @Test(
        "is read with its prefix in either case, or without",
        arguments: ["AADSTS7000222", "aadsts7000222", "7000222", "AadSts7000222"])
    func parsing(_ text: String) {
        #expect(AuthorityCode.parse(text) == 7_000_222)
    }

    @Test(
        "that is no number is refused",
        arguments: [
            "", "AADSTS", "AADSTS-1", "AADSTS 65001", "65001 ", "AADSTS65001x", "٦٥٠٠١", "1234567890", "+65001",
        ])
    func noNumber(_ text: String) {
        #expect(AuthorityCode.parse(text) == nil)
    }

    @Test(
        "is the whole number at the beginning of a description, never a part of it",
        arguments: [
            ("AADSTS7000229: The client application is missing service principal", 7_000_229),
            ("AADSTS700022: More than one resource", 700_022), ("AADSTS70021: No matching federated", 70_021),
            ("AADSTS700211: No matching federated", 700_211), ("AADSTS65004", 65_004), ("AADSTS65004٣: x", 65_004),
        ])
    func leading(_ text: String, _ number: Int) {
        #expect(AuthorityCode.leading(text) == number)
    }

    @Test(
        "is not found where a description does not begin with it",
        arguments: ["", "AADSTS", "AADSTS: x", " AADSTS65004: x", "See AADSTS65004", "AADSTS12345678901234567890: x"])
    func notLeading(_ text: String) {
        #expect(AuthorityCode.leading(text) == nil)
    }

    @Test(
        "tells what it means for the tenant or for us",
        arguments: [
            (.consentMissing, [7_000_229, 700_016, 700_011, 65_001]),
            (.disabledByCustomer, [7_000_112]),
            (.blockedByPolicy, [53_003, 530_032, 530_035]),
            (.tenantInvalid, [90_002, 900_021, 900_023, 90_038, 900_382, 900_432, 900_439]),
            (.ourCredential, [7_000_215, 7_000_222, 700_027, 700_021, 700_023, 700_024, 7_000_216, 7_000_218]),
            (.ourRequest, [1_002_012, 70_011, 700_022, 900_144, 90_014, 9_002_313, 50_059, 70_003, 901_002]),
            (.resourceMissing, [500_011, 50_001, 500_014, 650_052]),
            (.declined, [65_004]),
            (.transient, [90_033, 90_024, 50_033, 90_006, 90_012, 90_055, 650_051]),
        ] as [(AuthorityCode.Class, [Int])])
    func classes(_ expected: AuthorityCode.Class, _ numbers: [Int]) {
        for number in numbers { #expect(AuthorityCode.lookUp(number)?.class == expected, "\(number)") }
    }

    @Test("that Microsoft flags as not retryable is not taken for passing trouble", arguments: [90_036, 90_092])
    func notRetryable(_ number: Int) {
        #expect(AuthorityCode.lookUp(number)?.class != .transient)
    }

    @Test(
        "that nobody knows, or that only looks like a known one, means nothing",
        arguments: [7_002_29_0, 70_002_29_0, 0, -1, 1])
    func unknown(_ number: Int) {
        #expect(AuthorityCode.lookUp(number) == nil)
    }

    @Test("names who must act: us for our credential and our request, the customer for consent and policy")
    func whoMustAct() {
        for entry in AuthorityCode.all {
            switch entry.class {
            case .ourCredential, .ourRequest: #expect(entry.whoMustAct == .you, "\(entry.number)")
            case .consentMissing, .disabledByCustomer, .declined:
                #expect(entry.whoMustAct == .customerAdmin, "\(entry.number)")
            case .transient: #expect([.nobodyWait, .microsoft].contains(entry.whoMustAct), "\(entry.number)")
            case .blockedByPolicy, .resourceMissing, .tenantInvalid:
                #expect([.you, .customerAdmin].contains(entry.whoMustAct), "\(entry.number)")
            }
        }
    }

    @Test("has a meaning and a remedy, each one sentence")
    func sentences() {
        #expect(AuthorityCode.all.count > 60)
        for entry in AuthorityCode.all {
            #expect(entry.number > 0 && AuthorityCode.lookUp(entry.number) == entry)
            for text in [entry.meaning, entry.remedy] {
                #expect(text.count > 5 && text.hasSuffix(".") && text.first?.isUppercase == true, "\(entry.number)")
            }
        }
    }

    @Test("asks something of the customer exactly when it is the customer's move")
    func customerAction() {
        for entry in AuthorityCode.all {
            #expect((entry.customerAction != nil) == (entry.whoMustAct == .customerAdmin), "\(entry.number)")
        }
    }

    @Test("of 700229 is not that of 7000229, though they look alike")
    func lookAlikes() {
        #expect(AuthorityCode.lookUp(700_229)?.class == .ourCredential)
        #expect(AuthorityCode.lookUp(7_000_229)?.class == .consentMissing)
    }

    @Test("is listed in order and once")
    func listed() {
        let numbers = AuthorityCode.all.map(\.number)
        #expect(numbers == Set(numbers).sorted())
    }

    @Test(
        "of every code that app-only work or a consent page can bring is in the catalogue",
        arguments: [
            50_001, 500_011, 500_014, 50_002, 50_010, 50_011, 50_012, 50_003, 50_013, 50_020, 50_027, 50_033, 50_034,
            50_048, 50_049, 50_059, 50_128, 50_194, 50_196, 501_051, 53_003, 530_032, 530_035, 65_001, 65_004, 65_005,
            650_051, 650_052, 650_056, 650_057, 700_016, 70_001, 700_011, 70_002, 700_021, 700_022, 700_023, 700_024,
            700_025, 700_027, 70_003, 700_030, 70_011, 1_002_012, 70_021, 7_000_112, 7_000_114, 7_000_215, 7_000_216,
            7_000_218, 7_000_222, 7_000_229, 90_002, 900_021, 900_023, 90_004, 900_561, 90_006, 90_024, 90_012,
            90_008, 90_013, 90_014, 900_144, 9_002_313, 90_033, 90_036, 90_038, 90_051, 900_382, 900_432, 900_439,
            90_055, 90_090, 90_091, 90_092, 90_093, 90_094, 90_095, 90_099, 900_941, 900_981, 900_971, 9_001_023,
            901_002, 1_000_031,
            // Those of the administrator's sign-in, of policies and of federated assertions.
            16_000, 28_002, 28_003, 500_021, 500_022, 500_212, 500_213, 50_050, 50_105, 50_148, 500_113, 51_005,
            54_005, 65_002, 650_053, 650_054, 70_000, 70_008, 700_020, 700_211, 7_002_121, 700_213, 7_002_137,
            7_002_138, 700_222, 700_226, 700_227, 700_229, 7_000_232, 50_166, 90_010, 90_019, 90_023, 90_043, 90_124,
            90_130, 100_007,
        ])
    func catalogued(_ number: Int) {
        #expect(AuthorityCode.lookUp(number) != nil)
    }
}
