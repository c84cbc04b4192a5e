#include "spk/base/str.h"
#include "spk/json/walk.h"

#include "ui_parts.h"

#include <stdio.h>
#include <string.h>

/* What the part behind the application's own is: "(/|$)(.*)", which ingress-nginx takes as a
 * regular expression and rewrites to "/$2", so that the UI sees paths from its own root. */
#define PATH_REST    "(/|$)(.*)"
#define REWRITE_KEY  "nginx.ingress.kubernetes.io/rewrite-target"
#define REWRITE_REST "/$2"

const char *spk_ui_object_name(const json_t *object)
{
    return json_string_value(json_object_get(json_object_get(object, "metadata"), "name"));
}

/* "{{ $appName }}" without braces and spaces. */
static struct spk_str placeholder(const char *begin, const char *end)
{
    while (begin < end && *begin == ' ')
        begin++;
    while (end > begin && end[-1] == ' ')
        end--;
    return (struct spk_str){begin, (size_t)(end - begin)};
}

static int value_of(struct spk_str *out, const struct spk_app *app, struct spk_str name,
                    struct spk_err *err)
{
    if (spk_str_is(name, "$appName"))
        *out = app->name;
    else if (spk_str_is(name, "$appNamespace"))
        *out = app->ns;
    else if (spk_str_is(name, "$appId"))
        *out = spk_str(app->status.application_id);
    else {
        return spk_fail(err, SPK_EINVALID,
                        "the Ingress URL format has {{%.*s}}: expected {{$appName}}, "
                        "{{$appNamespace}} or {{$appId}}",
                        (int)(name.len < 60 ? name.len : 60), name.ptr);
    }
    return 0;
}

static int fill_in(char *out, size_t size, const struct spk_app *app, const char *format,
                   struct spk_err *err)
{
    size_t len = 0;

    while (*format) {
        const char *end = strncmp(format, "{{", 2) == 0 ? strstr(format, "}}") : NULL;
        struct spk_str piece = {format, 1};

        if (end && value_of(&piece, app, placeholder(format + 2, end), err) != 0)
            return -1;
        if (len + piece.len >= size)
            return spk_fail(err, SPK_ETOOBIG, "the Ingress URL is longer than %zu bytes", size - 1);
        if (piece.len)
            memcpy(out + len, piece.ptr, piece.len);
        len += piece.len;
        format = end ? end + 2 : format + 1;
    }
    out[len] = '\0';
    return 0;
}

int spk_ui_url(char host[256], char path[256], const struct spk_app *app, const char *format,
               struct spk_err *err)
{
    char url[512];
    const char *begin;
    size_t len;

    if (fill_in(url, sizeof(url), app, format, err) != 0)
        return -1;
    begin = strstr(url, "://");
    begin = begin ? begin + 3 : url;
    len = strcspn(begin, "/");
    if (len == 0 || len > 255 || strlen(begin + len) > 255 - sizeof(PATH_REST))
        return spk_fail(err, SPK_EINVALID, "the Ingress URL '%.200s' has no host, or is too long",
                        url);
    (void)snprintf(host, 256, "%.*s", (int)len, begin);
    (void)snprintf(path, 256, "%s", begin + len);
    len = strlen(path);
    while (len > 0 && path[len - 1] == '/')
        path[--len] = '\0';
    return 0;
}

int spk_ui_proxy_base(char out[256], const struct spk_app *app,
                      const struct spk_ui_options *options, struct spk_err *err)
{
    const char *format = options->ingress_url_format;
    char host[256];

    out[0] = '\0';
    if (!format || (strstr(format, "$appId") && !*app->status.application_id))
        return 1;
    if (spk_ui_url(host, out, app, format, err) != 0)
        return -1;
    return *out ? 0 : 1;
}

/* The user's annotations, and the rewriting that a path needs unless the user has said his own.
 * NULL without memory. */
static json_t *annotations(const struct spk_ui_port *port, const struct spk_ui_options *options,
                           const char *path)
{
    const json_t *users = json_object_get(port->options, "ingressAnnotations");
    const json_t *own = users ? users : options->ingress_annotations;
    json_t *all = json_is_object(own) ? spk_json_copy(own) : json_object();

    if (all && *path && !json_object_get(all, REWRITE_KEY) &&
        json_object_set_new(all, REWRITE_KEY, json_string(REWRITE_REST)) != 0) {
        json_decref(all);
        return NULL;
    }
    return all;
}

static json_t *rule(const struct spk_ui_port *port, const char *host, const char *path)
{
    char full[512];

    (void)snprintf(full, sizeof(full), "%s%s", *path ? path : "/", *path ? PATH_REST : "");
    return json_pack("{ss s{s[{ss ss s{s{ss s{si}}}}]}}", "host", host, "http", "paths", "path",
                     full, "pathType", *path ? "ImplementationSpecific" : "Prefix", "backend",
                     "service", "name", port->service, "port", "number", port->port);
}

int spk_ui_ingress(json_t **out, const struct spk_app *app, const struct spk_ui_options *options,
                   const struct spk_ui_port *port, struct spk_err *err)
{
    char host[256];
    char path[256] = "";
    json_t *added;

    if (spk_ui_url(host, path, app, port->url_format, err) != 0)
        return -1;
    added = annotations(port, options, path);
    if (!added)
        return spk_fail(err, SPK_ENOMEM, "out of memory");
    *out = json_pack("{ss ss so s{ss* sO* s[o]}}", "apiVersion", "networking.k8s.io/v1", "kind",
                     "Ingress", "metadata", spk_ui_metadata(app, port->ingress, NULL, added),
                     "spec", "ingressClassName", options->ingress_class, "tls",
                     port->users_tls ? port->users_tls : options->ingress_tls, "rules",
                     rule(port, host, path));
    json_decref(added);
    return *out ? 0 : spk_fail(err, SPK_ENOMEM, "out of memory");
}

void spk_ui_ingress_status(struct spk_app_status *status, const json_t *ingress)
{
    const json_t *rules = json_object_get(json_object_get(ingress, "spec"), "rules");
    const json_t *first = json_array_get(rules, 0);
    const json_t *paths = json_object_get(json_object_get(first, "http"), "paths");
    const char *host = json_string_value(json_object_get(first, "host"));
    const char *path = json_string_value(json_object_get(json_array_get(paths, 0), "path"));
    const char *name = spk_ui_object_name(ingress);
    const char *rest;

    if (!name || !host || !path)
        return;
    rest = strstr(path, PATH_REST);
    (void)snprintf(status->driver.ingress, sizeof(status->driver.ingress), "%s", name);
    (void)snprintf(status->driver.ingress_address, sizeof(status->driver.ingress_address), "%s%.*s",
                   host, rest ? (int)(rest - path) : (int)strlen(path), path);
}
