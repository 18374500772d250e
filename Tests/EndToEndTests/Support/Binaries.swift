import FoundationEssentials

/// The programs under test, as they were built.
enum Binaries {
    static let tenantry = directory + "/tenantry"
    static let emulator = directory + "/entra-emulator"
    /// A Python with `msal`, the foreign client; `nil` where nobody prepared one.
    static let python = ProcessInfo.processInfo.environment["TENANTRY_TEST_PYTHON"]

    /// The build puts every executable beside the test bundle, which on Linux is an executable itself.
    private static let directory: String = {
        if let named = ProcessInfo.processInfo.environment["TENANTRY_TEST_BINARIES"] { return named }
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return bundle.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    }()
}
