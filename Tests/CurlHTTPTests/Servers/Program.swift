import Glibc

/// A started program of the system.
struct Program {
    struct Failed: Error {
        let command: [String]
        let status: CInt
    }

    private let process: pid_t

    /// - Parameter inheriting: a descriptor that the program gets as number 9.
    init(
        _ command: [String], environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], inheriting: CInt? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for output in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        if let inheriting { posix_spawn_file_actions_adddup2(&actions, inheriting, 9) }
        let arguments = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var process = pid_t()
        let code = posix_spawnp(&process, command[0], &actions, nil, arguments, variables)
        // A missing program: its Debian package is named in Resources/scripts/test.
        guard code == 0 else { throw Failed(command: command, status: code) }
        self.process = process
    }

    static func run(_ command: [String]) throws {
        let status = try Program(command).wait()
        guard status == 0 else { throw Failed(command: command, status: status) }
    }

    func terminate() {
        kill(process, SIGTERM)
        wait()
    }

    @discardableResult
    private func wait() -> CInt {
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }
}
