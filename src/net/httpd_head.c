/*
 * What a request's header must be before a byte of its body is read. libmicrohttpd 0.9.75 lets
 * pass what RFC 9112 section 6 forbids (both lengths, two lengths, foreign codings), after which
 * client and server no longer agree on where a request ends.
 */
#include "httpd_internal.h"

#include "spk/base/cleanup.h"
#include "spk/base/clock.h"

#include <stdio.h>
#include <strings.h>

#define TIMEOUT_MAX_MS 30000 /* the API server's own ceiling on timeoutSeconds */

/* The fields that matter: how often each came, and its last value. */
struct field {
    const char *name;
    unsigned count;
    struct spk_str value;
};

enum { LENGTH, CODING, TYPE, HOST, FIELDS };

struct fields {
    struct field known[FIELDS];
    const char *odd; /* what is malformed: a name that is no token, as "Content-Length " hides a
                        length; a control character in a value */
};

static bool is_token(const char *text, size_t len)
{
    static const char others[] = "!#$%&'*+-.^_`|~0123456789"
                                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    return len > 0 && strspn(text, others) == len;
}

static bool has_control(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static enum MHD_Result gather(void *ctx, enum MHD_ValueKind kind, const char *name, size_t name_len,
                              const char *value, size_t value_len)
{
    struct fields *fields = ctx;

    (void)kind;
    if (!is_token(name, name_len))
        fields->odd = "a header's name is malformed";
    if (value && has_control(value, value_len))
        fields->odd = "a header's value is malformed";
    for (size_t i = 0; i < FIELDS; i++) {
        struct field *field = &fields->known[i];

        if (strcasecmp(name, field->name) == 0) {
            field->count++;
            field->value = (struct spk_str){value, value ? value_len : 0};
        }
    }
    return MHD_YES;
}

static bool is_word(struct spk_str text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.ptr, word, text.len) == 0;
}

/* application/json, with or without parameters. */
static bool is_json(struct spk_str type)
{
    const char *end = type.len ? memchr(type.ptr, ';', type.len) : NULL;

    if (end)
        type.len = (size_t)(end - type.ptr);
    while (type.len && (type.ptr[type.len - 1] == ' ' || type.ptr[type.len - 1] == '\t'))
        type.len--;
    return is_word(type, "application/json");
}

/* Digits only; what is too large for size_t is as large as can be. */
static bool parse_length(size_t *out, struct spk_str text)
{
    size_t value = 0;

    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c < '0' || c > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (size_t)(c - '0'), &value))
            value = SIZE_MAX / 10; /* stays above every ceiling, whatever follows */
    }
    *out = value;
    return true;
}

static void refuse(struct spk_httpd_verdict *out, enum spk_httpd_reject why, const char *what)
{
    out->reject = why;
    (void)snprintf(out->detail, sizeof(out->detail), "%s", what);
}

static bool find_route(struct spk_httpd_verdict *out, const struct spk_httpd *httpd,
                       const struct spk_httpd_head *head)
{
    for (size_t i = 0; i < httpd->options.route_count; i++) {
        const struct spk_httpd_route *route = &httpd->options.routes[i];

        if (!spk_str_is(head->path, route->path))
            continue;
        out->route = route;
        if (route->post ? spk_str_is(head->method, "POST")
                        : spk_str_is(head->method, "GET") || spk_str_is(head->method, "HEAD"))
            return true;
        refuse(out, SPK_REJECT_METHOD,
               route->post ? "POST is what this path takes" : "GET is what this path takes");
        return false;
    }
    refuse(out, SPK_REJECT_PATH, "no such path");
    return false;
}

/* Where the request ends must be said once and clearly. */
static bool check_framing(struct spk_httpd_verdict *out, const struct field *length,
                          const struct field *coding, bool http11)
{
    const char *what = NULL;

    if (length->count + coding->count > 1)
        what = "more than one Content-Length or Transfer-Encoding";
    else if (coding->count && !http11)
        what = "Transfer-Encoding is for HTTP/1.1";
    else if (coding->count && !is_word(coding->value, "chunked"))
        what = "Transfer-Encoding can only be chunked";
    else if (length->count && !parse_length(&out->announced, length->value))
        what = "Content-Length is not a number";
    else if (out->route->post && !length->count && !coding->count)
        what = "neither Content-Length nor Transfer-Encoding: chunked";
    else if (!out->route->post && (coding->count || out->announced))
        what = "this path takes no body";
    if (coding->count)
        out->announced = SIZE_MAX;
    if (what)
        refuse(out, SPK_REJECT_FRAMING, what);
    return !what;
}

static bool check_fields(struct spk_httpd_verdict *out, const struct spk_httpd *httpd,
                         const struct fields *fields, bool http11)
{
    const struct field *hosts = &fields->known[HOST];

    if (fields->odd || hosts->count > 1 || (http11 && hosts->count == 0)) {
        refuse(out, SPK_REJECT_FRAMING, fields->odd ? fields->odd : "exactly one Host is required");
        return false;
    }
    if (!check_framing(out, &fields->known[LENGTH], &fields->known[CODING], http11))
        return false;
    if (out->route->post &&
        !(fields->known[TYPE].count == 1 && is_json(fields->known[TYPE].value))) {
        refuse(out, SPK_REJECT_CONTENT_TYPE, "Content-Type: application/json is expected");
        return false;
    }
    if (out->announced != SIZE_MAX && out->announced > httpd->options.body_max) {
        out->reject = SPK_REJECT_TOO_LARGE;
        (void)snprintf(out->detail, sizeof(out->detail), "a body can have %zu bytes",
                       httpd->options.body_max);
        return false;
    }
    return true;
}

/* ?timeout=0s is no time at all and as good as none given, as in the API server. */
static int64_t find_timeout(struct MHD_Connection *mhd, const char *parameter)
{
    const char *value = NULL;
    int64_t ms = 0;

    if (parameter)
        value = MHD_lookup_connection_value(mhd, MHD_GET_ARGUMENT_KIND, parameter);
    if (!value || !spk_duration_parse(&ms, spk_str(value)) || ms == 0)
        return -1;
    return ms < TIMEOUT_MAX_MS ? ms : TIMEOUT_MAX_MS;
}

void spk_httpd_head_check(struct spk_httpd_verdict *out, const struct spk_httpd *httpd,
                          struct MHD_Connection *mhd, const struct spk_httpd_head *head)
{
    struct fields fields = {.known = {[LENGTH] = {.name = "Content-Length"},
                                      [CODING] = {.name = "Transfer-Encoding"},
                                      [TYPE] = {.name = "Content-Type"},
                                      [HOST] = {.name = "Host"}}};

    out->reject = SPK_REJECTS;
    out->route = NULL;
    out->announced = 0;
    out->timeout_ms = -1;
    out->detail[0] = '\0';
    if (!find_route(out, httpd, head))
        return;
    (void)MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, gather, &fields);
    if (check_fields(out, httpd, &fields, !spk_str_is(head->version, "HTTP/1.0")))
        out->timeout_ms = find_timeout(mhd, out->route->timeout_query);
}
