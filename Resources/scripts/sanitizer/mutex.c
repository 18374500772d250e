/* Tells ThreadSanitizer of the locks of Swift's Synchronization.Mutex, which it cannot see on Linux: without a contender
   they are atomics in the caller, which it follows; with one they go on in the Swift library, which is not instrumented,
   and through the kernel. Preloaded by Resources/scripts/sanitize.

   The symbols are those of Synchronization._MutexHandle; the handle is `self`, and begins with the lock's word. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *handle

static SWIFT void (*lock_slow)(uint32_t, SELF);
static SWIFT void (*unlock_slow)(SELF);
static void (*acquire)(void *), (*release)(void *);

static void *found(void *handle, const char *name) {
    void *symbol = dlsym(handle, name);
    if (!symbol) {
        fprintf(stderr, "sanitize: there is no %s; this toolchain's Mutex is another one\n", name);
        abort();
    }
    return symbol;
}

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void locked(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void unlocked(SELF) __asm__(UNLOCK);

static void look_up(void) {
    if (release) return;
    lock_slow = found(RTLD_NEXT, LOCK);
    unlock_slow = found(RTLD_NEXT, UNLOCK);
    acquire = found(RTLD_DEFAULT, "__tsan_acquire");
    release = found(RTLD_DEFAULT, "__tsan_release");
}

SWIFT void locked(uint32_t thread, SELF) {
    look_up();
    lock_slow(thread, handle);
    acquire(handle);
}

SWIFT void unlocked(SELF) {
    look_up();
    release(handle);
    unlock_slow(handle);
}
