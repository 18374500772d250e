#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H
#include <sys/prctl.h>

/// Closes this process's memory and environment to others of the same user. prctl is variadic, which Swift cannot call.
static inline int linux_forbid_inspection(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
#endif
