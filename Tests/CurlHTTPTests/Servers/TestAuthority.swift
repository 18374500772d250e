/// A certificate authority of its own per test, made with the `openssl` command.
struct TestAuthority {
    let folder: TemporaryFolder
    /// PEM file of the authority's certificate.
    var file: String { folder.file("ca.pem") }

    init() throws {
        folder = try TemporaryFolder()
        try make("ca", ["-subj", "/CN=Loopback test authority"])
    }

    /// A server's certificate and key, as `name.pem` and `name.key` in the folder.
    func issue(_ name: String, for subjects: String = "DNS:localhost,IP:127.0.0.1") throws {
        try make(
            name,
            [
                "-CA", file, "-CAkey", folder.file("ca.key"), "-subj", "/CN=\(name)",
                "-addext", "subjectAltName=\(subjects)", "-addext", "basicConstraints=critical,CA:FALSE",
            ])
    }

    private func make(_ name: String, _ options: [String]) throws {
        try Program.run(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-keyout", folder.file("\(name).key"), "-out", folder.file("\(name).pem"),
            ] + options)
    }
}
