/// One of Microsoft's clouds. An app registration, its tenants and their tokens never cross from one to another.
package enum Cloud: String, Sendable, Codable, CaseIterable {
    case `public`
    /// GCC High.
    case usGov = "usgov"
    case usGovDoD = "dod"
    /// Operated by 21Vianet.
    case china
}
