import Foundation
import Tenancy
import Testing

@Suite("GUID")
struct GUIDTests {
    private static let text = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490"

    @Test("is printed in lower case, however it was written")
    func spelling() throws {
        let guid = try #require(GUID(Self.text))
        #expect(guid.description == Self.text)
        #expect(GUID(Self.text.uppercased()) == guid)
    }

    @Test(
        "is refused in any other form",
        arguments: [
            "", "00000000-0000-0000-0000-000000000000", "{8eaef023-2b34-4da1-9baa-8bc8c9d6a490}",
            "8eaef0232b344da19baa8bc8c9d6a490", "8eaef0232b344da19baa8bc8c9d6a490----",
            "8eaef023-2b34-4da1-9baa-8bc8c9d6a49", "8eaef023-2b34-4da1-9baa-8bc8c9d6a4900",
            " 8eaef023-2b34-4da1-9baa-8bc8c9d6a490", "8eaef023-2b34-4da1-9baa-8bc8c9d6a49g",
            "8eaef02-32b34-4da1-9baa-8bc8c9d6a4900", "urn:uuid:8eaef023-2b34-4da1-9baa-8bc8c9d6a490",
            "8eaef023-2b34-4da1-9baa-8bc8c9d6a49\u{0}", "８eaef023-2b34-4da1-9baa-8bc8c9d6a4",
        ])
    func refused(_ text: String) {
        #expect(GUID(text) == nil)
        #expect(TenantID(text) == nil)
        #expect(ClientID(text) == nil)
    }

    @Test("is read and printed as Foundation does it")
    func foundation() throws {
        let randomness = Randomness.seeded(1)
        for _ in 0..<1_000 {
            let uuid = randomness.guid()
            #expect(GUID(uuid)?.description == uuid.uuidString.lowercased())
            #expect(GUID(uuid.uuidString) == GUID(uuid))
        }
    }

    @Test("orders as its text does, so that pages by id are pages by text")
    func order() {
        let randomness = Randomness.seeded(1)
        let guids = (0..<200).compactMap { _ in GUID(randomness.guid()) }
        #expect(guids.sorted().map(\.description) == guids.map(\.description).sorted())
    }

    @Test("of a generator is of version 4 and never the same twice")
    func generated() {
        let randomness = Randomness.seeded(1)
        let texts = (0..<100).map { _ in Array(randomness.guid().uuidString) }
        #expect(texts.allSatisfy { $0[14] == "4" && "89AB".contains($0[19]) })
        #expect(Set(texts).count == 100)
    }
}

@Suite("Randomness")
struct RandomnessTests {
    @Test("gives as many bytes as asked for")
    func count() {
        #expect([0, 1, 33].allSatisfy { Randomness.system.bytes($0).count == $0 })
    }

    @Test("spreads waiting times by a fifth to either side", arguments: [0, 1, 127, 128, 255] as [UInt8])
    func jitter(_ byte: UInt8) {
        let factor = Randomness { Array(repeating: byte, count: $0) }.jitter()
        #expect(factor >= 0.8)
        #expect(factor < 1.2)
    }
}
