import FoundationEssentials
import Testing

@Suite("The data directory", .timeLimit(.minutes(10)))
struct DataDirectoryTests {
    @Test("A place where no data directory can be is refused")
    func badPlaces() async throws {
        try await Journey.begin { journey in
            let file = try journey.file("file", "something")
            // Even root cannot write to these.
            for (place, code) in [(file, Int32(2)), (file + "/d", 2), ("/proc/tenantry", 1), ("/proc/1/tenantry", 1)] {
                try await journey.refused(code, ["init", "--data", place], saying: place)
            }
            #expect(try journey.read(file) == "something")
            let long = journey.directory + "/" + String(repeating: "d", count: 100)
            try await journey.refused(2, ["init", "--data", long], saying: "too long")
            #expect(try await Command.run("test", ["-e", long]).code == 1, "and nothing was made")
            try await journey.refused(
                2, ["init", "--authority", "https://id.example/realms/x", "--graph", "https://graph.example"],
                saying: "none of Microsoft Entra ID", "no other OAuth 2.0 authority")
            for words in [["tenant", "list"], ["serve"], ["app", "list"]] {
                try await journey.refused(3, words, saying: journey.data, "tenantry init")
                try await journey.refused(2, words + ["--data", file], saying: file, "not a directory")
            }
            #expect(try await Command.run("test", ["-e", journey.data]).code == 1, "nobody made it by looking")
        }
    }

    @Test("A second init, and a lost database, leave what is there untouched")
    func again() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            let key = try journey.read(journey.data + "/key")
            let settings = try journey.read(journey.data + "/tenantry.yaml")
            try await journey.addApp()
            try await journey.refused(1, ["init"], saying: "already")
            #expect(try journey.read(journey.data + "/key") == key)
            #expect(try journey.read(journey.data + "/tenantry.yaml") == settings)
            #expect(try await journey.tenantry("app", "list", "-o", "json").json.items.count == 1)

            _ = try await Command.run("mv", [journey.data + "/tenantry.db", journey.directory + "/aside"])
            try await journey.refused(1, ["app", "list"], saying: "tenantry.db", "backup")
            try await journey.refused(1, ["init"], saying: "already")
            #expect(try journey.read(journey.data + "/key") == key)
            _ = try await Command.run("mv", [journey.directory + "/aside", journey.data + "/tenantry.db"])
            #expect(try await journey.tenantry("app", "list", "-o", "json").json.items.count == 1)
        }
    }

    @Test("Without its very own key the database is refused, and stays as it was")
    func keys() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            try await journey.addApp()
            let path = journey.data + "/key"
            let key = try journey.bytes(path)
            func database() throws -> [UInt8] { Array(try journey.bytes(journey.data + "/tenantry.db")) }
            let before = try database()
            let another = String(decoding: key, as: UTF8.self).first == "A" ? "B" : "A"
            let changed = another + String(decoding: key.dropFirst(), as: UTF8.self)
            for (content, saying) in [
                (changed, "another key"), ("", "32 bytes"), ("short\n", "32 bytes"),
                (String(repeating: "!", count: 44), "32 bytes"),
            ] {
                try await journey.put(content, at: path)
                for words in [["app", "list"], ["serve"]] {
                    try await journey.refused(1, words, saying: saying, "Restore")
                }
            }
            _ = try await Command.run("rm", [path])
            for words in [["app", "list"], ["serve"], ["init"]] {
                let finished = try await journey.refused(1, words)
                #expect(finished.errors.contains("key") || finished.errors.contains("already"))
            }
            #expect(try await Command.run("test", ["-e", path]).code == 1, "no new key over an old database")
            #expect(try database() == before)

            try await journey.put(String(decoding: key, as: UTF8.self), at: path)
            _ = try await Command.run("chmod", ["644", path])
            try await journey.refused(4, ["app", "list"], saying: "Other users", "chmod 600")
            _ = try await Command.run("chmod", ["600", path])
            #expect(try await journey.tenantry("app", "list", "-o", "json").json.items.count == 1)

            // The key may be kept elsewhere.
            let elsewhere = journey.directory + "/key-elsewhere"
            _ = try await Command.run("mv", [path, elsewhere])
            try await journey.tenantry("app", "list", "--key-file", elsewhere)
            try await journey.tenantry("app", "list", environment: ["TENANTRY_KEY_FILE": elsewhere])
        }
    }

    @Test("A database from a newer version, or a damaged one, is refused and not touched")
    func databases() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            let intact = try journey.bytes(journey.data + "/tenantry.db")
            try await journey.alterDatabase("PRAGMA user_version = 99")
            for words in [["app", "list"], ["serve"]] {
                try await journey.refused(1, words, saying: "schema 99", "newer")
            }
            try await journey.refused(1, ["init"], saying: "already")
            try intact.write(to: URL(filePath: journey.data + "/tenantry.db"))
            try await journey.tenantry("app", "list")

            let good = try journey.bytes(journey.data + "/tenantry.db")
            try await journey.put("This is no database.", at: journey.data + "/tenantry.db")
            for words in [["app", "list"], ["serve"]] { try await journey.refused(1, words, saying: "damaged") }
            #expect(try journey.read(journey.data + "/tenantry.db") == "This is no database.")
            try good.write(to: URL(filePath: journey.data + "/tenantry.db"))
            try await journey.tenantry("app", "list")
        }
    }

    @Test("Settings that cannot be understood are refused, not guessed")
    func settings() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            let path = journey.data + "/tenantry.yaml"
            for (content, saying) in [
                ("entra: [", "tenantry.yaml"), ("- a\n- b\n", "tenantry.yaml"), ("just text", "tenantry.yaml"),
                ("entra:\n  authority: https://localhost:1\n", "Graph root"),
                ("entra:\n  authority: ftp://x\n  graph: ftp://x\n", "https://host"),
                ("entra:\n  ca_file: /nowhere/ca.pem\n", "/nowhere/ca.pem"),
            ] {
                try await journey.put(content, at: path)
                for words in [["app", "list"], ["serve", "--public", "127.0.0.1:0", "--api", "127.0.0.1:0"]] {
                    try await journey.refused(2, words, saying: saying)
                }
            }
            for (content, saying) in [
                ("listen:\n  public: nowhere\n", "listen.public"), ("listen:\n  api: 0.0.0.0:0\n", "loopback"),
            ] {
                try await journey.put(content, at: path)
                try await journey.refused(2, ["serve"], saying: saying)
            }
        }
    }

    @Test("A setting that has no meaning is refused, so that a slip of the hand is no setting left out")
    func strangeSettings() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            for (content, saying) in [
                ("publik_url: https://connect.example.com\n", "publik_url"),
                ("entra:\n  autority: https://localhost:1\n", "autority"), ("public_url: not a url\n", "public_url"),
                ("log_level: loud\n", "log_level"), ("tokens:\n  disk_mb: 15\n", "from 16 to 1048576"),
                ("tokens:\n  memory_mb: plenty\n", "tokens.memory_mb"),
                ("tokens:\n  requests_per_second: 0\n", "from 1 to 100000"),
                ("tokens:\n  concurrent_requests: 1001\n", "from 1 to 1000"),
            ] {
                try await journey.put(content, at: journey.data + "/tenantry.yaml")
                try await journey.refused(
                    2, ["serve", "--public", "127.0.0.1:0", "--api", "127.0.0.1:0"], saying: saying)
            }
        }
    }

    @Test("Nobody but the owner reaches what is in it, whatever the umask and the directory allowed before")
    func permissions() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            // As a package or a service manager makes it.
            _ = try await Command.run("mkdir", ["-m", "755", journey.data])
            let script = "umask 000; exec \"$0\" init --data \"$1\""
            let made = try await Command.run("sh", ["-c", script, Binaries.tenantry, journey.data])
            #expect(made.code == 0, "\(made.errors)")
            let service = try await journey.serve(umask: "000")
            let found = try await Command.run("find", [journey.data, "-mindepth", "1", "-perm", "/077"])
            #expect(found.code == 0 && found.output.isEmpty, "open to others: \(found.output)")
            _ = service
        }
    }
}
