/*
 * The collection, page by page. It is asked for without a resourceVersion: with one of "0" servers
 * before 1.31 ignore the limit and send everything at once, from a cache that may be older than
 * what was seen before.
 */
#include "watch_internal.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"

#include <errno.h>
#include <stdio.h>

#define LIST_MS 60000

/* A page that is too big is asked for again in parts of this. */
#define SHRINK 4

static int page_path(struct spk_buf *out, const struct spk_kube_watch *watch, const char *rest,
                     struct spk_err *err)
{
    char limit[16];

    (void)snprintf(limit, sizeof(limit), "%u", watch->page);
    if (spk_watch_path(out, watch, "?limit=", limit, err))
        return -1;
    return rest ? spk_kube_path(out, err, "&continue=", rest, NULL) : 0;
}

static int ask_page(struct spk_kube_answer *answer, struct spk_kube_watch *watch, const char *rest,
                    struct spk_err *err)
{
    struct spk_kube_request request = {
        .method = "GET", .timeout_ms = LIST_MS, .text = true, .stop = &watch->stop};
    struct spk_buf path;
    int rc = page_path(&path, watch, rest, err);

    request.path = path.ptr;
    if (rc == 0)
        rc = spk_kube_call(watch->kube, &request, answer, err);
    spk_buf_done(&path);
    return rc;
}

static int take_page(struct spk_kube_watch *watch, const struct spk_kube_answer *answer,
                     bool *first, char **rest, struct spk_err *err)
{
    struct spk_str text = answer->body ? spk_str(answer->body) : (struct spk_str){0};

    return spk_watch_page(watch, text, first, rest, err) ? spk_fail_in(err, "%s", watch->path) : 0;
}

static enum spk_watch_end list_fails(struct spk_kube_watch *watch, int rc,
                                     const struct spk_kube_answer *answer, struct spk_err *err)
{
    if (rc < 0 && err->sys == ECANCELED)
        return SPK_WATCH_STOPPED;
    if (rc < 0 && err->code == SPK_ETOOBIG && watch->page > 1)
        watch->page = watch->page > SHRINK ? watch->page / SHRINK : 1;
    watch->refusal = answer->status;
    if (rc > 0)
        (void)spk_fail(err, SPK_EIO, "%s: %s", watch->path, answer->text);
    return SPK_WATCH_FAILED;
}

enum spk_watch_end spk_watch_list(struct spk_kube_watch *watch, struct spk_err *err)
{
    SPK_AUTOFREE char *rest = NULL;
    unsigned pages = 0;
    bool first = true;

    do {
        enum spk_watch_end end = SPK_WATCH_OVER;
        struct spk_kube_answer answer = {0};
        int rc = spk_stop_thrown(&watch->stop) ? 0 : ask_page(&answer, watch, rest, err);
        if (spk_stop_thrown(&watch->stop))
            return SPK_WATCH_STOPPED;
        if (rc)
            end = list_fails(watch, rc, &answer, err);
        else if (take_page(watch, &answer, &first, &rest, err))
            end = SPK_WATCH_FAILED;
        spk_kube_answer_done(&answer);
        if (end != SPK_WATCH_OVER)
            return end;
    } while (rest && ++pages < SPK_KUBE_PAGES_MAX);
    if (rest) {
        (void)spk_fail(err, SPK_ETOOBIG, "%s: a list of more than %d pages", watch->path,
                       SPK_KUBE_PAGES_MAX);
        return SPK_WATCH_FAILED;
    }
    if (watch->version)
        return SPK_WATCH_OVER;
    (void)spk_fail(err, SPK_EPARSE, "%s: metadata.resourceVersion: expected one, found nothing",
                   watch->path);
    return SPK_WATCH_FAILED;
}
