extension AuthorityCode {
    /// What time cures. By number, as text sorts.
    static let passingEntries: [AuthorityCode] = [
        AuthorityCode(
            50033, .transient, "The directory had a passing fault.",
            .nobodyWait, "Try again."),
        AuthorityCode(
            50196, .transient, "The authority saw a loop of identical requests and pauses this client.",
            .nobodyWait, "Wait; then find what asks without using the cache."),
        AuthorityCode(
            51005, .transient, "The authority sends the request elsewhere for the moment.",
            .nobodyWait, "Try again."),
        AuthorityCode(
            650051, .transient,
            "Consent could not be recorded yet: the app's service principal is still being created or deleted.",
            .nobodyWait, "Wait up to 15 minutes; it is tried again."),
        AuthorityCode(
            90006, .transient, "A service behind the authority failed.",
            .nobodyWait, "Try again."),
        AuthorityCode(
            90012, .transient, "The authority took too long.",
            .nobodyWait, "Try again."),
        AuthorityCode(
            90024, .transient, "The authority is short of capacity.",
            .nobodyWait, "Try again."),
        AuthorityCode(
            90033, .transient, "The directory is unavailable for the moment.",
            .nobodyWait, "Try again."),
        AuthorityCode(
            90055, .transient, "The authority throttles this tenant.",
            .nobodyWait, "Wait for the time it names."),
        AuthorityCode(
            90090, .transient, "The directory failed behind the consent page.",
            .nobodyWait, "Try again."),
        AuthorityCode(
            90091, .transient, "The directory could not be reached behind the consent page.",
            .nobodyWait, "Try again."),
    ]
}
