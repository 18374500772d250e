// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let package = Package(
    name: "tenantry",
    products: [
        .executable(name: "tenantry", targets: ["tenantry"]),
        .executable(name: "entra-emulator", targets: ["entra-emulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        // 2.100.0 is the first release without the header-count flood of CVE-2026-28980.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // The product.
        .target(name: "Tenancy", dependencies: [logging], swiftSettings: strict),
        .target(
            name: "EntraClient", dependencies: ["Tenancy", "CurlHTTP", "OpenSSLCrypto"], swiftSettings: strict),
        .target(
            name: "WebhookClient", dependencies: ["Tenancy", "CurlHTTP", "OpenSSLCrypto"], swiftSettings: strict),
        .target(
            name: "SQLiteStore",
            dependencies: ["Tenancy", "OpenSSLCrypto", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(
            name: "HTTPService",
            dependencies: [
                "Tenancy", "CWebAssets", hummingbird, hummingbirdCore, httpTypes, logging, lifecycle, nioCore,
                .product(name: "NIOFoundationEssentialsCompat", package: "swift-nio"),
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "tenantry",
            dependencies: [
                "Tenancy", "EntraClient", "WebhookClient", "SQLiteStore", "HTTPService", "CurlHTTP", "OpenSSLCrypto",
                "CLinux",
                argumentParser, logging, lifecycle, nioCore, subprocess,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),

        // The stand-in for Microsoft Entra ID. Shares no code with the product.
        .target(
            name: "EntraEmulator",
            dependencies: [
                hummingbird, hummingbirdCore, httpTypes, logging, nioCore,
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "entra-emulator", dependencies: ["EntraEmulator", argumentParser], swiftSettings: strict),

        // Leaves over system libraries. They know no tenant.
        .target(name: "CurlHTTP", dependencies: ["CCurl"], swiftSettings: strict),
        .target(name: "OpenSSLCrypto", dependencies: ["COpenSSL"], swiftSettings: strict),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(name: "CWebAssets"),

        // Our side of `Resources/scripts/bench tokens`.
        .executableTarget(
            name: "token-bench",
            dependencies: [
                "Tenancy", "EntraClient", "SQLiteStore", "CurlHTTP", "OpenSSLCrypto", argumentParser, nioCore,
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Resources/Benchmarks/token-engine", exclude: ["measure.py", "peers.py", "tokens.lua"],
            swiftSettings: strict),

        // What several suites stand on.
        .target(
            name: "TestSupport", dependencies: ["Tenancy", "OpenSSLCrypto"], path: "Tests/TestSupport",
            swiftSettings: strict),
        .testTarget(
            name: "TenancyTests", dependencies: ["Tenancy", "SQLiteStore", "OpenSSLCrypto", "TestSupport", logging],
            swiftSettings: strict),
        .testTarget(
            name: "EntraClientTests",
            dependencies: [
                "EntraClient", "Tenancy", "CurlHTTP", "OpenSSLCrypto", "SQLiteStore", "TestSupport", nioCore,
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "WebhookClientTests", dependencies: ["WebhookClient", "Tenancy", "CurlHTTP"], swiftSettings: strict),
        .testTarget(
            name: "SQLiteStoreTests",
            dependencies: [
                "SQLiteStore", "Tenancy", "OpenSSLCrypto", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HTTPServiceTests",
            dependencies: [
                "HTTPService", "Tenancy", "SQLiteStore", "OpenSSLCrypto", "CurlHTTP", "TestSupport", logging,
                lifecycle, nioCore,
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        .testTarget(name: "CurlHTTPTests", dependencies: ["CurlHTTP"], swiftSettings: strict),
        .testTarget(
            name: "OpenSSLCryptoTests", dependencies: ["OpenSSLCrypto", "COpenSSL", subprocess], swiftSettings: strict),
        .testTarget(
            name: "EntraEmulatorTests",
            dependencies: [
                "EntraEmulator", nioCore, logging,
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "tenantry", "entra-emulator", "Tenancy", subprocess,
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
    ]
)
