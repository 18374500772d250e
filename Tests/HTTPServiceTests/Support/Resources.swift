import Foundation

/// The folder `Resources` of this package.
enum Resources {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Resources")

    static func file(_ path: String) -> URL { root.appending(path: path) }

    /// The files of a folder, by their path below `Resources`.
    static func files(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: file(folder).path).map { "\(folder)/\($0)" }.sorted()
    }
}
