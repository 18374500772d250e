import Foundation

/// The black squares of an SVG that consists of runs, each one row high.
struct Picture {
    let pixels: [[Bool]]

    struct Unreadable: Error {}

    init(_ svg: String) throws {
        guard let box = svg.firstMatch(of: /viewBox="0 0 (\d+) (\d+)"/), let size = Int(box.1), box.1 == box.2,
            let path = svg.firstMatch(of: /<path fill="black" d="([^"]*)"/)
        else { throw Unreadable() }
        var pixels = Array(repeating: Array(repeating: false, count: size), count: size)
        for run in path.1.matches(of: /M(\d+) (\d+)h(\d+)v1h-(\d+)z/) {
            guard let x = Int(run.1), let y = Int(run.2), let width = Int(run.3), run.3 == run.4 else {
                throw Unreadable()
            }
            for offset in 0..<width { pixels[y][x + offset] = true }
        }
        self.pixels = pixels
    }

    /// As a portable graymap, eight pixels a module.
    var graymap: Data {
        let scale = 8
        let side = pixels.count * scale
        var bytes = Data("P5 \(side) \(side) 255\n".utf8)
        for row in pixels {
            let line = Data(row.flatMap { Array(repeating: $0 ? UInt8(0) : 255, count: scale) })
            for _ in 0..<scale { bytes += line }
        }
        return bytes
    }
}

/// The decoder of the ZBar project.
enum Zbar {
    static let path = ["/usr/bin/zbarimg", "/usr/local/bin/zbarimg"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// What it reads in the picture.
    static func read(_ picture: Picture) async throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "tenantry-qr-\(UUID().uuidString).pgm")
        try picture.graymap.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: path ?? "")
        process.arguments = ["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", file.path]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
