#include "webhook/certificates/names.h"

#include <arpa/inet.h>
#include <stdio.h>

void spk_names_add(struct spk_names *names, const char *name)
{
    unsigned char address[sizeof(struct in6_addr)];
    const size_t size = sizeof(names->text[0]);
    char *text;
    int family = inet_pton(AF_INET, name, address) == 1    ? AF_INET
                 : inet_pton(AF_INET6, name, address) == 1 ? AF_INET6
                                                           : AF_UNSPEC;

    if (names->count == SPK_PKI_NAMES_MAX)
        return;
    text = names->text[names->count];
    if (family == AF_UNSPEC || !inet_ntop(family, address, text, (socklen_t)size))
        (void)snprintf(text, size, "%s", name);
    names->items[names->count++] = text;
}

void spk_names_of_service(struct spk_names *out, const struct spk_serve_options *options)
{
    static const char *const tails[] = {".svc", "", ".svc.cluster.local"};
    char name[SPK_SUBDOMAIN_MAX + 1];

    out->count = 0;
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        (void)snprintf(name, sizeof(name), "%s.%s%s", options->service_name, options->namespace_,
                       tails[i]);
        spk_names_add(out, name);
    }
    for (size_t i = 0; i < options->extra_sans.count; i++)
        spk_names_add(out, options->extra_sans.items[i]);
}
