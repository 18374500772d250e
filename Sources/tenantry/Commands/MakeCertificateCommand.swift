import ArgumentParser
import FoundationEssentials
import Glibc
import OpenSSLCrypto
import Tenancy

/// Makes a certificate into a file, for those who keep the key themselves.
struct MakeCertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-certificate",
        abstract: "Make a certificate with its key into a file, for programs that sign in by themselves.",
        discussion: """
            Needs no data directory and no network. An app whose tokens come from here needs no such file: its key is \
            made by `credential add --make certificate` and never leaves the data directory. The file is for its owner \
            only, and none is overwritten. Make it known with `credential add --register`.

            Examples:
              tenantry credential make-certificate 'Fleet Sync' --out app.pem
              tenantry credential make-certificate 'Fleet Sync' --out app.p12 \\
                --pkcs12 --passphrase-file pass.txt
            """)

    @Argument(help: "The common name: 1 to 64 characters.") var name: String
    @Option(help: "The file to make.") var out: String
    @Flag(name: .customLong("pkcs12"), help: "PKCS#12 in the place of PEM.") var isPKCS12 = false
    @Option(help: "File with the passphrase of the PKCS#12 file; asked for on a terminal.") var passphraseFile: String?
    @Option(help: "How long it is valid: 90d, 365d. (default: 180d)") var life: TimeSpan?

    func run() async throws {
        guard isPKCS12 || passphraseFile == nil else {
            throw UsageError("A PEM file is not encrypted here.", "Use --pkcs12 with a passphrase.")
        }
        let life = life.map { TimeInterval($0.seconds) } ?? Rotation.defaultLife
        guard life <= Rotation.lives.upperBound else {
            throw UsageError("A certificate lives two years at most.", "Give a shorter --life, such as 365d.")
        }
        let passphrase = isPKCS12 ? try self.passphrase() : nil
        do throws(CryptoError) {
            let identity = try CertificateIdentity.selfSigned(
                commonName: name, validFor: .seconds(life), now: WallClock.system.now())
            let contents: [UInt8]
            if let passphrase {
                contents = try identity.pkcs12(passphrase: Array(passphrase.exposed.utf8), name: name)
            } else {
                contents = try identity.pem()
            }
            do throws(UsageError) { try write(contents) } catch { throw .malformed(error.what) }
            let end = identity.certificate.notAfter.formatted(.iso8601)
            Terminal.say("tenantry: made \(out), valid until \(end); keep it from others")
        } catch .malformed(let what) {
            throw UsageError(what, "Name a file that is not there yet, in a folder that is.")
        } catch {
            throw UsageError("The certificate cannot be made. \(error)", "Then run it again.")
        }
    }

    private func passphrase() throws(UsageError) -> Secret<String> {
        if let passphraseFile { return try Input.secret(passphraseFile) }
        guard let typed = Terminal.askSecret("Passphrase for the new file: "), !typed.exposed.isEmpty else {
            throw UsageError("A PKCS#12 file wants a passphrase.", "Give it with --passphrase-file.")
        }
        return typed
    }

    private func write(_ contents: [UInt8]) throws(UsageError) {
        let descriptor = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw UsageError("'\(out)' cannot be made: \(String(cString: strerror(errno))).", "")
        }
        defer { close(descriptor) }
        let written = contents.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == contents.count, fsync(descriptor) == 0 else {
            unlink(out)
            throw UsageError("'\(out)' cannot be written: \(String(cString: strerror(errno))).", "")
        }
    }
}
