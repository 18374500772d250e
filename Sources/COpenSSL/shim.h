#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

// Hides what OpenSSL 3.0 has deprecated: the compiler, not a reviewer, keeps it out.
#define OPENSSL_API_COMPAT 30000
#define OPENSSL_NO_DEPRECATED

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Below: what OpenSSL offers only as a macro or a variadic function, neither of which Swift can call.

static inline void copenssl_free(void *bytes) { OPENSSL_free(bytes); }
static inline void copenssl_clear_free(void *bytes, size_t count) { OPENSSL_clear_free(bytes, count); }

static inline EVP_PKEY *copenssl_rsa_generate(size_t bits) { return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits); }

// The builder keeps pointers to the names it is given, and those of a Swift string last for one call only.
static inline OSSL_PARAM *copenssl_rsa_public_parameters(const BIGNUM *modulus, const BIGNUM *exponent) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    if (builder != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1) {
        parameters = OSSL_PARAM_BLD_to_param(builder);
    }
    OSSL_PARAM_BLD_free(builder);
    return parameters;
}
static inline int copenssl_public_key(void) { return EVP_PKEY_PUBLIC_KEY; }

static inline long copenssl_bio_contents(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }

static inline int copenssl_certificate_count(const STACK_OF(X509) *stack) { return sk_X509_num(stack); }
static inline X509 *copenssl_certificate_at(const STACK_OF(X509) *stack, int index) {
    return sk_X509_value(stack, index);
}
static inline void copenssl_certificates_free(STACK_OF(X509) *stack) { sk_X509_pop_free(stack, X509_free); }

static inline int copenssl_reason_unsupported(void) { return ERR_R_UNSUPPORTED; }
static inline int copenssl_utf8(void) { return MBSTRING_UTF8; }

// RFC 2253 without the escaping of every byte above 127: the result is read as UTF-8.
static inline unsigned long copenssl_name_flags(void) { return XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB; }

#endif
