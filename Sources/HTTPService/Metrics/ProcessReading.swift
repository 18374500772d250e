import FoundationEssentials

/// What the kernel knows of this process. Empty where there is no `/proc`.
///
/// Names after prometheus.io/docs/instrumenting/writing_clientlibs, "Process metrics".
enum ProcessReading {
    static func families(startedAt: Date) -> [MetricFamily] {
        [
            MetricFamily(
                "process_start_time_seconds", .gauge, "When this process began to serve, since 1970.",
                [.init(value: startedAt.timeIntervalSince1970.rounded(.down))]),
            residentBytes.map { .gauge("process_resident_memory_bytes", "Memory in use.", $0) },
            openFiles.map { .gauge("process_open_fds", "Open file descriptors.", $0) },
        ].compactMap { $0 }
    }

    private static var residentBytes: Int? {
        guard let status = try? Data(contentsOf: URL(filePath: "/proc/self/status")) else { return nil }
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1_024 }
    }

    private static var openFiles: Int? {
        // The listing itself holds one.
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { $0.count - 1 }
    }
}
