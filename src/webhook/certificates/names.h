#ifndef SPK_WEBHOOK_CERTIFICATES_NAMES_H
#define SPK_WEBHOOK_CERTIFICATES_NAMES_H
/* What a certificate of the server is for. */

#include "spk/base/limits.h"
#include "webhook/serve_options.h"

/* items point into text: don't copy. */
struct spk_names {
    const char *items[SPK_PKI_NAMES_MAX];
    size_t count;
    char text[SPK_PKI_NAMES_MAX][SPK_SUBDOMAIN_MAX + 4];
};

/* The Service's names, first the one that an API server asks for, then --extra-san. */
void spk_names_of_service(struct spk_names *out, const struct spk_serve_options *options);

/* One more; an IP address in the form that a certificate is read in. More than fit are dropped. */
void spk_names_add(struct spk_names *names, const char *name);

#endif
