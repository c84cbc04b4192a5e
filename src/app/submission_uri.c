#include "submission_run.h"

#include "spk/json/walk.h"

#include <ctype.h>

/* What precedes ':' in a URI (RFC 3986, 3.1); empty without. */
static struct spk_str scheme_of(struct spk_str uri)
{
    size_t len = 0;

    while (len < uri.len && (isalnum((unsigned char)uri.ptr[len]) ||
                             (len && uri.ptr[len] && strchr("+-.", uri.ptr[len]))))
        len++;
    if (len == 0 || len == uri.len || uri.ptr[len] != ':' || !isalpha((unsigned char)uri.ptr[0]))
        return (struct spk_str){uri.ptr, 0};
    return (struct spk_str){uri.ptr, len};
}

static bool same_word(struct spk_str a, const char *b)
{
    size_t len = strlen(b);

    return a.len == len && strncasecmp(a.ptr, b, len) == 0;
}

/* Spark, too, knows them in small letters only (DependencyUtils.resolveGlobPath): of another
 * spelling spark-submit would ask Hadoop, and run whatever class its configuration names for it. */
bool spk_submission_uri_is_left_alone(struct spk_str uri)
{
    static const char *const schemes[] = {"local", "http", "https", "ftp"};
    struct spk_str scheme = scheme_of(uri);

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (spk_str_is(scheme, schemes[i]))
            return true;
    return false;
}

bool spk_submission_uri(struct spk_submission_run *run, const char *path, struct spk_str uri)
{
    struct spk_str scheme = scheme_of(uri);

    if (scheme.len && !same_word(scheme, "file"))
        return true;
    spk_submission_fault(run, path,
                         "\"%.100s\" would be a file of the controller's: expected local: and a "
                         "path in the image, or the URI of a storage that pods can reach",
                         uri.ptr);
    return false;
}

/* The next one of a list; false at its end. */
static bool next_uri(struct spk_str *one, struct spk_str *list)
{
    const char *comma = list->len ? memchr(list->ptr, ',', list->len) : NULL;

    if (list->len == 0)
        return false;
    *one = (struct spk_str){list->ptr, comma ? (size_t)(comma - list->ptr) : list->len};
    *list = spk_str_skip(*list, one->len + (comma ? 1 : 0));
    while (one->len && isspace((unsigned char)one->ptr[0]))
        *one = spk_str_skip(*one, 1);
    return true;
}

bool spk_submission_uris(struct spk_submission_run *run, const char *path, struct spk_str list)
{
    struct spk_str one;
    bool alone = true;

    while (next_uri(&one, &list)) {
        const char *uri = one.len ? spk_submission_text(run, "%.*s", SPK_ARG(one)) : "";
        if (one.len && spk_submission_uri(run, path, spk_str(uri)))
            alone = alone && spk_submission_uri_is_left_alone(one);
    }
    return alone;
}
