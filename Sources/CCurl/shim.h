// Typed doors to libcurl's variadic calls, which Swift cannot import. `static inline`, so that no C target is needed.
#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

#include <curl/curl.h>
#include <pthread.h>
#include <sys/socket.h>

typedef size_t (*ccurl_io_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

// The CURLOPT_..._LARGE options.
static inline CURLcode ccurl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

// libcurl copies the string. NULL puts the option back to "not set".
static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_callback(CURL *easy, CURLoption option, ccurl_io_callback value) {
    return curl_easy_setopt(easy, option, value);
}

static inline curl_socket_t ccurl_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// libcurl 7.88 opens sockets that every child process inherits; such a child would keep a closed connection open.
static inline CURLcode ccurl_close_sockets_on_exec(CURL *easy) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, ccurl_open_socket);
}

// `open` is asked for every socket and given the very address it would connect to; CURL_SOCKET_BAD refuses it.
static inline CURLcode ccurl_open_sockets_by(CURL *easy, curl_opensocket_callback open, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
}

// In place: an IPv6 address is longer than the member that begins it.
static inline const struct sockaddr *ccurl_address(const struct curl_sockaddr *address) {
    return &address->addr;
}

static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO key, long *value) {
    return curl_easy_getinfo(easy, key, value);
}

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// `data` is a union, which Swift sees as overlapping members; only `result` is ever meant.
static inline CURLcode ccurl_message_result(const CURLMsg *message) {
    return message->data.result;
}

// glibc (2.27 and later) declares these two only to sources with _GNU_SOURCE, which the Swift importer does not set.
extern int memfd_create(const char *name, unsigned int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);

// A nameless file in memory, closed on exec.
static inline int ccurl_memory_file(const char *name) {
    return memfd_create(name, 1U /* MFD_CLOEXEC */);
}

static inline void ccurl_name_thread(pthread_t thread, const char *name) {
    pthread_setname_np(thread, name);
}

// The macro CURLVERSION_NOW is the enum's newest constant, which Swift does not import under that name.
static inline const char *ccurl_default_ca_file(void) {
    return curl_version_info(CURLVERSION_NOW)->cainfo;
}

#endif
