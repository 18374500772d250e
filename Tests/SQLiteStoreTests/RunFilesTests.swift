import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite struct RunFilesTests {
    private let run = RunID(at: Fixture.start, randomness: .system)
    private let tenant = TenantID(guid(1))

    private func line(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func contents(_ files: RunFiles) throws -> String? {
        guard let file = try files.finished(run: run, tenant: tenant) else { return nil }
        return String(decoding: try file.bytes(at: 0, count: file.size), as: UTF8.self)
    }

    private func names(_ fixture: Fixture) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixture.path + "/runs/\(run)")
    }

    @Test("Lines appear under the file's name when it is finished, and not before")
    func finish() throws {
        let fixture = try Fixture()
        let files = fixture.directory.runFiles()
        var file = try files.open(run: run, tenant: tenant)
        try file.append([line("{\"id\":1}"), line("{\"id\":2}")])
        #expect(try contents(files) == nil)
        try file.append([line("{\"id\":3}")])
        try file.finish()
        #expect(try contents(files) == "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n")
        #expect(try names(fixture) == ["\(tenant).ndjson"])
        #expect(files.path(run: run, tenant: tenant) == fixture.path + "/runs/\(run)/\(tenant).ndjson")
    }

    @Test("The file and its directories are for their owner only")
    func modes() throws {
        let fixture = try Fixture()
        let files = fixture.directory.runFiles()
        var file = try files.open(run: run, tenant: tenant)
        try file.finish()
        for (path, mode) in [("/runs", 0o700), ("/runs/\(run)", 0o700), ("/runs/\(run)/\(tenant).ndjson", 0o600)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: fixture.path + path)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == mode, "\(path)")
        }
    }

    @Test("A file larger than the buffer is whole, and can be read in parts")
    func large() throws {
        let fixture = try Fixture()
        let files = fixture.directory.runFiles()
        var file = try files.open(run: run, tenant: tenant)
        let text = String(repeating: "x", count: 999)
        for _ in 0..<50 { try file.append((0..<10).map { _ in line(text) }) }
        try file.finish()
        let finished = try #require(try files.finished(run: run, tenant: tenant))
        #expect(finished.size == 500_000)
        #expect(try finished.bytes(at: 498_999, count: 5_000) == line("\n" + text + "\n"))
        #expect(try finished.bytes(at: 500_000, count: 10).isEmpty)
    }

    @Test("A file that is dropped unfinished leaves nothing")
    func dropped() throws {
        let fixture = try Fixture()
        let files = fixture.directory.runFiles()
        do {
            var file = try files.open(run: run, tenant: tenant)
            try file.append([line("half")])
            #expect(try names(fixture) == ["\(tenant).ndjson.partial"])
        }
        #expect(try names(fixture).isEmpty)
        #expect(try contents(files) == nil)
    }

    @Test("A new attempt starts anew and takes over from a finished and from an unfinished one")
    func anew() throws {
        let fixture = try Fixture()
        let files = fixture.directory.runFiles()
        var first = try files.open(run: run, tenant: tenant)
        try first.append([line("first")])
        try first.finish()
        var second = try files.open(run: run, tenant: tenant)
        #expect(try contents(files) == nil)
        try second.append([line("second")])
        var third = try files.open(run: run, tenant: tenant)
        try third.append([line("third")])
        #expect(throws: OutputError.self) { try second.finish() }
        try third.finish()
        #expect(try contents(files) == "third\n")
        #expect(try names(fixture) == ["\(tenant).ndjson"])
    }

    @Test("A place that is no directory is an error in the system's words")
    func unwritable() throws {
        let fixture = try Fixture()
        try FileManager.default.removeItem(atPath: fixture.path + "/runs")
        try Data().write(to: URL(fileURLWithPath: fixture.path + "/runs"))
        #expect(throws: OutputError("Not a directory")) {
            _ = try fixture.directory.runFiles().open(run: run, tenant: tenant)
        }
    }

    @Test("A missing directory of runs is made again")
    func missingRoot() throws {
        let fixture = try Fixture()
        try FileManager.default.removeItem(atPath: fixture.path + "/runs")
        var file = try fixture.directory.runFiles().open(run: run, tenant: tenant)
        try file.finish()
        #expect(try contents(fixture.directory.runFiles()) == "")
    }
}
