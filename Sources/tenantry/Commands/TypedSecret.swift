/// Catches secrets on the command line before anything else looks at it.
enum TypedSecret {
    private static let flags: Set = [
        "--secret", "--client-secret", "--password", "--passphrase", "--api-key", "--token",
    ]

    /// - Throws: ``UsageError`` that does not repeat the secret.
    static func refuse(in arguments: some Sequence<String>) throws(UsageError) {
        guard arguments.contains(where: { flags.contains(String($0.prefix { $0 != "=" })) }) else { return }
        throw UsageError(
            "A secret does not belong on the command line: other users can read it there, and the shell keeps it.",
            "Consider it exposed. Give the new one through a file or standard input (--secret-file -). Nothing was changed."
        )
    }
}
