/// The 64-bit hash FNV-1a: quick and the same on every machine and at every start; no protection against anybody.
///
/// Source: datatracker.ietf.org/doc/html/draft-eastlake-fnv.
struct FNV1a {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func take(_ text: String) {
        for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
}
