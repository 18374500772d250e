import Tenancy
import Testing

@Suite("Waves")
struct WavesTests {
    @Test(
        "divide a set, percentages of all rounded up, and end with the rest",
        arguments: [
            ("rest", 10, [10]), ("1,5%,25%,rest", 1_000, [1, 50, 250, 699]), ("1,rest", 1, [1, 0]),
            ("1,5%,25%,rest", 3, [1, 1, 1, 0]), ("50%", 5, [3, 2]), ("100%,rest", 7, [7, 0]), ("2,2", 3, [2, 1, 0]),
        ])
    func sizes(_ text: String, _ total: Int, _ expected: [Int]) throws {
        let waves = try #require(Waves(text))
        #expect(waves.sizes(of: total) == expected)
        #expect(Waves(waves.description) == waves)
    }

    @Test(
        "that cannot be are none",
        arguments: ["", "0", "-1", "0%", "101%", "1,,2", "rest,1", "a", "1 2", "1,", "5 %", "1.5%"])
    func malformed(_ text: String) {
        #expect(Waves(text) == nil)
    }
}
