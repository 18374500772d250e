import CLinux
import Glibc

/// Keeps what is in memory out of crash reports, core files and other processes' hands, and makes room for files.
enum ProcessGuard {
    static func protect() {
        // Sockets and files are for the owner, whatever the shell says.
        umask(0o077)
        // Swift's crash reporter prints what registers point to, secrets included; the default action does not.
        for signal in [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGQUIT] { Glibc.signal(signal, SIG_DFL) }
        var files = rlimit()
        let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        if getrlimit(descriptors, &files) == 0 {
            files.rlim_cur = min(files.rlim_max, 65_536)
            setrlimit(descriptors, &files)
        }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        // Other processes of the same user may not read this one's memory or environment.
        _ = linux_forbid_inspection()
    }
}
