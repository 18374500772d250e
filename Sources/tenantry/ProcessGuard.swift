import CLinux
import Glibc

/// Keeps what is in memory out of crash reports, core files and other processes' hands.
enum ProcessGuard {
    static func protect() {
        // Swift's crash reporter prints what registers point to, secrets included; the default action does not.
        for signal in [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGQUIT] { Glibc.signal(signal, SIG_DFL) }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        // Other processes of the same user may not read this one's memory or environment.
        _ = linux_forbid_inspection()
    }
}
