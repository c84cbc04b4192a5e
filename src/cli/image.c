#include "spk/cli/image.h"

#include "spk/base/limits.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Up to where upper case is nobody's mistake: the registry's host, if there is one, which is told
 * by its dot or port (distribution/reference normalize.go). */
static const char *skip_host(const char *image)
{
    const char *slash = strchr(image, '/');
    size_t plain = strcspn(image, ".:");

    return slash && image + plain < slash ? slash + 1 : image;
}

/* In lower case up to the tag or digest: no registry has it otherwise. */
static bool is_lower(const char *image)
{
    for (const char *at = skip_host(image); *at && !strchr(":@", *at); at++) {
        if (isupper((unsigned char)*at))
            return false;
    }
    return true;
}

/* What a reference to an image may be made of (distribution/reference regexp.go), so that it is one
 * plain scalar of YAML. */
static bool is_image(const char *text)
{
    size_t len = strlen(text);

    if (!isalnum((unsigned char)*text) || len > SPK_IMAGE_MAX || text[len - 1] == ':')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]) && !strchr("._-/:@", text[i]))
            return false;
    }
    return true;
}

const char *spk_image_fault(struct spk_str text)
{
    if (!is_image(text.ptr))
        return "an image such as registry.example.com/sparkhook:TAG";
    if (!is_lower(text.ptr))
        return "lower case before the tag, such as registry.example.com/sparkhook:TAG";
    return NULL;
}
