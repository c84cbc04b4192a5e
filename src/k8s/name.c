#include "spk/k8s/name.h"

#include "spk/base/limits.h"

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_part(struct spk_str part)
{
    if (part.len == 0 || !is_alnum(part.ptr[0]) || !is_alnum(part.ptr[part.len - 1]))
        return false;
    for (size_t i = 0; i < part.len; i++) {
        if (!is_alnum(part.ptr[i]) && part.ptr[i] != '-')
            return false;
    }
    return true;
}

bool spk_is_label(struct spk_str name)
{
    return name.len <= SPK_LABEL_MAX && is_part(name);
}

bool spk_is_subdomain(struct spk_str name)
{
    if (name.len == 0 || name.len > SPK_SUBDOMAIN_MAX)
        return false;
    for (;;) {
        const char *dot = memchr(name.ptr, '.', name.len);
        size_t len = dot ? (size_t)(dot - name.ptr) : name.len;
        if (!is_part((struct spk_str){name.ptr, len}))
            return false;
        if (!dot)
            return true;
        name = spk_str_skip(name, len + 1);
        if (name.len == 0)
            return false;
    }
}
