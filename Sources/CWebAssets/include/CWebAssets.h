#ifndef CWEBASSETS_H
#define CWEBASSETS_H
#include <stddef.h>

/// A file of Resources, embedded in the binary so that it can be moved anywhere.
typedef struct {
    const char *name;
    const unsigned char *bytes;
    size_t count;
} web_asset;

/// The asset at that index; an entry without a name when the index is past the end.
web_asset web_asset_at(size_t index);
#endif
