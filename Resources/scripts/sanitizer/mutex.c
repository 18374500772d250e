/* Tells ThreadSanitizer of the locks of Swift's Synchronization.Mutex, which it cannot see on Linux: without a contender
   they are atomics in the caller, which it follows; with one they go on in the Swift library, which is not instrumented,
   and through the kernel. Preloaded by Resources/scripts/sanitize.

   The symbols are those of Synchronization._MutexHandle; the handle is `self`, and begins with the lock's word. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *handle

static SWIFT void (*lock_slow)(uint32_t, SELF);
static SWIFT void (*unlock_slow)(SELF);
static void (*acquire)(void *), (*release)(void *);

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void locked(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void unlocked(SELF) __asm__(UNLOCK);

/* Before any thread begins. Child processes are given this library too, and most have no such lock. */
__attribute__((constructor)) static void look_up(void) {
    lock_slow = dlsym(RTLD_NEXT, LOCK);
    unlock_slow = dlsym(RTLD_NEXT, UNLOCK);
    acquire = dlsym(RTLD_DEFAULT, "__tsan_acquire");
    release = dlsym(RTLD_DEFAULT, "__tsan_release");
}

SWIFT void locked(uint32_t thread, SELF) {
    lock_slow(thread, handle);
    if (acquire) acquire(handle);
}

SWIFT void unlocked(SELF) {
    if (release) release(handle);
    unlock_slow(handle);
}
