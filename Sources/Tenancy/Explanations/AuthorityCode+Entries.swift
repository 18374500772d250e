extension AuthorityCode {
    /// Every family. A number stands in one of them.
    static let entries = consentEntries + tenantEntries + credentialEntries + requestEntries + passingEntries
}
