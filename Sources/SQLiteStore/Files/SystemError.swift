import Glibc

/// A system call that failed.
struct SystemError: Error, Equatable {
    let code: Int32

    init(_ code: Int32) { self.code = code }

    /// Of the call that failed just now on this thread.
    static var last: SystemError { SystemError(errno) }

    /// The system's own words.
    var text: String { String(cString: strerror(code)) }

    var isMissing: Bool { code == ENOENT }
    /// A part of the path that should be a directory is something else.
    var meansNoDirectory: Bool { code == ENOTDIR }
    /// What was to be opened without following links is one.
    var meansLink: Bool { code == ELOOP }
    var meansTaken: Bool { code == EEXIST }
    var meansLocked: Bool { code == EWOULDBLOCK }
}
