#ifndef SPK_KUBE_CLIENT_H
#define SPK_KUBE_CLIENT_H
/*
 * Calls of a Kubernetes API server: one request, one JSON answer.
 *
 * Who we are is looked after: a token file is read again after 60 s, a credential plugin asked
 * again before its credential expires, and either once more when the server answers 401. A client
 * certificate that a plugin renews, and CA or certificate files that have changed when TLS fails,
 * get connections of their own, while calls on the old ones end in peace.
 *
 * Threads: everything may be called from any thread.
 */

#include "spk/base/buf.h"
#include "spk/base/err.h"
#include "spk/base/stop.h"
#include "spk/base/str.h"
#include "spk/kube/config.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct spk_kube;

struct spk_kube_options {
    const char *user_agent; /* "spark-webhook/1.2.3"; borrowed for the call of spk_kube_new() */
};

/**
 * spk_kube_new() - a client for one cluster
 * @out:    to be freed with spk_kube_free()
 * @config: taken over and left empty, also on failure
 *
 * Nothing is sent, and no plugin is started, before the first call.
 *
 * Errors: SPK_EINVALID for a server that is no URL; SPK_EIO; SPK_ENOMEM
 */
int spk_kube_new(struct spk_kube **out, struct spk_kube_config *config,
                 const struct spk_kube_options *options, struct spk_err *err)
    __attribute__((warn_unused_result));

/* After all calls have returned and all watches have been stopped. Wipes the secrets. NULL is fine.
 */
void spk_kube_free(struct spk_kube *kube);

/* The namespace of the configuration, "default" where it names none. Borrowed. */
const char *spk_kube_namespace(const struct spk_kube *kube);

/* The server's URL, for messages. Borrowed. */
const char *spk_kube_server(const struct spk_kube *kube);

/* Content types of a PATCH. A server-side apply needs ?fieldManager= in the path. */
#define SPK_KUBE_JSON_PATCH  "application/json-patch+json"
#define SPK_KUBE_MERGE_PATCH "application/merge-patch+json"
#define SPK_KUBE_APPLY_PATCH "application/apply-patch+yaml"

struct spk_kube_request {
    const char *method;          /* a literal: "GET", "POST", "PUT", "PATCH", "DELETE" */
    const char *path;            /* from '/', escaped, with its query; see spk_kube_path() */
    const char *content_type;    /* NULL: application/json where there is a body */
    struct spk_str body;         /* JSON; absent: none */
    int64_t timeout_ms;          /* for everything, tries and waits included; 0: 30 s */
    bool text;                   /* a good answer is taken as it is: a pod's own through the proxy,
                                    or JSON that is not to be read as a whole */
    const struct spk_stop *stop; /* may be NULL */
};

struct spk_kube_answer {
    int status;
    json_t *object;    /* owned; NULL when there was no body, or a body that is not JSON with status
                          400 and above */
    char *body;        /* owned; of a good answer where .text was asked for, else NULL */
    char reason[64];   /* of a Status object, such as "AlreadyExists"; "" without one */
    char text[512];    /* for people, with every status but 2xx: "403 Forbidden: secrets \"x\" is
                          forbidden: ..."; one line */
    char warning[512]; /* what the server remarked (Warning header); "" without */
};

/**
 * spk_kube_call() - one request
 * @answer: filled with 0 and 1, to be released with spk_kube_answer_done(); zeroed with -1
 *
 * 429 and 503 with a Retry-After are asked again, at most SPK_KUBE_TRIES times and inside the
 * timeout. A GET whose connection failed is sent once more.
 *
 * Limits: an answer of SPK_ANSWER_MAX bytes and a tree of SPK_TREE_MAX
 * Return: 0 for a status of 200 to 299; 1 for another one: what it means is the caller's business;
 *         -1: no answer. SPK_EIO as in spk/net/client.h, also when a token file can't be read or a
 *         plugin fails; SPK_ETOOBIG; SPK_EPARSE for an answer that is not JSON; SPK_EINVALID;
 *         SPK_ENOMEM
 */
int spk_kube_call(struct spk_kube *kube, const struct spk_kube_request *request,
                  struct spk_kube_answer *answer, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Releases object and body; a zeroed answer is fine. */
void spk_kube_answer_done(struct spk_kube_answer *answer);

#define SPK_KUBE_METHODS  5
#define SPK_KUBE_STATUSES 600

/* @status: of HTTP; 0: no answer came. */
typedef void spk_kube_count(void *ctx, const char *method, int status, uint64_t calls);

/* How often what was answered so far, for metrics: each try counts, a watch as the GET that it is.
 */
void spk_kube_each_count(struct spk_kube *kube, void *ctx, spk_kube_count *count);

/**
 * spk_kube_path() - build a path out of literals and names
 * @out: appended to; empty on failure
 * @...: const char *, taken in turn as they are and percent-encoded (as one segment or one value of
 *       a query), up to a NULL:
 *
 *   spk_kube_path(&path, err, "/api/v1/namespaces/", ns, "/secrets/", name, NULL)
 *   spk_kube_path(&path, err, "/api/v1/pods?labelSelector=", selector, NULL)
 *
 * Spec:   RFC 3986 section 2.3: all but letters, digits, '-', '.', '_' and '~' are encoded
 * Errors: SPK_ETOOBIG above the buffer's ceiling; SPK_EINVALID for a name between slashes that is
 *         empty, "." or ".."; SPK_ENOMEM
 */
int spk_kube_path(struct spk_buf *out, struct spk_err *err, ...)
    __attribute__((sentinel, warn_unused_result));

#endif
