#include "CWebAssets.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char openapi_yaml[] = {
#embed "../../Resources/API/openapi.yaml"
};
static const unsigned char page_css[] = {
#embed "../../Resources/Pages/page.css"
};
static const unsigned char layout_mustache[] = {
#embed "../../Resources/Pages/layout.mustache"
};
static const unsigned char invitation_mustache[] = {
#embed "../../Resources/Pages/invitation.mustache"
};
static const unsigned char message_mustache[] = {
#embed "../../Resources/Pages/message.mustache"
};

#define ASSET(name, array) {name, array, sizeof array}

static const web_asset assets[] = {
    ASSET("API/openapi.yaml", openapi_yaml),
    ASSET("Pages/page.css", page_css),
    ASSET("Pages/layout.mustache", layout_mustache),
    ASSET("Pages/invitation.mustache", invitation_mustache),
    ASSET("Pages/message.mustache", message_mustache),
};

web_asset web_asset_at(size_t index) {
    static const web_asset end = {0, 0, 0};
    return index < sizeof assets / sizeof *assets ? assets[index] : end;
}
