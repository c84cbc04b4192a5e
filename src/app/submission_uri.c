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

void spk_submission_uris(struct spk_submission_run *run, const char *path, struct spk_str list)
{
    while (list.len) {
        const char *comma = memchr(list.ptr, ',', list.len);
        struct spk_str one = {list.ptr, comma ? (size_t)(comma - list.ptr) : list.len};
        list = spk_str_skip(list, one.len + (comma ? 1 : 0));
        while (one.len && isspace((unsigned char)one.ptr[0]))
            one = spk_str_skip(one, 1);
        if (one.len)
            (void)spk_submission_uri(run, path,
                                     spk_str(spk_submission_text(run, "%.*s", SPK_ARG(one))));
    }
}

static const struct dep {
    const char *field;
    const char *property;
    bool uris;
} deps[] = {
    {"jars",            "spark.jars",              true },
    {"files",           "spark.files",             true },
    {"pyFiles",         "spark.submit.pyFiles",    true },
    {"archives",        "spark.archives",          true },
    {"packages",        "spark.jars.packages",     false},
    {"excludePackages", "spark.jars.excludes",     false},
    {"repositories",    "spark.jars.repositories", false},
};

static void put_dep(struct spk_submission_run *run, const struct dep *dep)
{
    const json_t *list = json_object_get(json_object_get(run->app->spec, "deps"), dep->field);
    const char *path = spk_submission_text(run, "spec.deps.%s", dep->field);
    struct spk_str text;

    for (size_t i = 0; dep->uris && i < json_array_size(list); i++)
        spk_submission_uris(run, spk_submission_text(run, "%s[%zu]", path, i),
                            spk_json_str(json_array_get(list, i)));
    text = spk_submission_join(run, list);
    if (text.len)
        spk_submission_put_field(run, path, dep->property, text);
}

static void argue(struct spk_submission_run *run, struct spk_str text)
{
    spk_submission_append(run, run->out->arguments, spk_json_string(text));
}

static struct spk_str text_of(const struct spk_submission_run *run, const char *field)
{
    return spk_json_str(json_object_get(run->app->spec, field));
}

/* spark-submit takes what stands first behind its options for the application. */
static void put_main(struct spk_submission_run *run)
{
    static const char path[] = "spec.mainApplicationFile";
    struct spk_str file = text_of(run, "mainApplicationFile");

    if (file.len == 0) {
        spk_submission_fault(run, path, "missing: the jar, .py or .R file of the application");
        return;
    }
    if (spk_str_is(file, "spark-internal") || spk_submission_uri(run, path, file))
        argue(run, file);
}

void spk_submission_files(struct spk_submission_run *run)
{
    struct spk_str main_class = text_of(run, "mainClass");
    struct spk_str proxy_user = text_of(run, "proxyUser");
    const json_t *arguments = json_object_get(run->app->spec, "arguments");

    for (size_t i = 0; i < sizeof(deps) / sizeof(deps[0]); i++)
        put_dep(run, &deps[i]);
    if (main_class.len) {
        argue(run, SPK_LIT("--class"));
        argue(run, main_class);
    }
    if (proxy_user.len) {
        argue(run, SPK_LIT("--proxy-user"));
        argue(run, proxy_user);
    }
    put_main(run);
    for (size_t i = 0; i < json_array_size(arguments); i++)
        argue(run, spk_json_str(json_array_get(arguments, i)));
}
