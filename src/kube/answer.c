/*
 * What an answer says: its object, or what is wrong in one line.
 */
#include "kube_internal.h"

#include "spk/base/text.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    int status;
    const char *text;
} phrases[] = {
    {400, "Bad Request"},      {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
    {405, "Not Allowed"},      {409, "Conflict"},     {410, "Gone"},      {413, "Too Large"},
    {415, "Unsupported Type"}, {422, "Invalid"},      {429, "Too Many"},  {500, "Internal Error"},
    {502, "Bad Gateway"},      {503, "Unavailable"},  {504, "Timeout"},
};

static const char *phrase(int status)
{
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        if (phrases[i].status == status)
            return phrases[i].text;
    }
    return "";
}

static struct spk_str member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_string(value) ? spk_json_str(value) : (struct spk_str){0};
}

/* "403 Forbidden: secrets "x" is forbidden: ..." */
static void say(struct spk_kube_answer *answer, struct spk_str body)
{
    struct spk_str message = member(answer->object, "message");
    const char *why = answer->reason[0] ? answer->reason : phrase(answer->status);
    size_t len;

    if (!message.len && !answer->object) /* a proxy's own page, or "404 page not found" */
        message = (struct spk_str){body.ptr, body.len < 200 ? body.len : 200};
    (void)snprintf(answer->text, sizeof(answer->text), "%d%s%s%s%.*s", answer->status,
                   *why ? " " : "", why, message.len ? ": " : "", SPK_ARG(message));
    len = spk_runes_whole(spk_str(answer->text));
    answer->text[len] = '\0';
    spk_one_line(answer->text);
    while (len && answer->text[len - 1] == ' ')
        answer->text[--len] = '\0';
}

static void read_reason(struct spk_kube_answer *answer)
{
    struct spk_str reason = member(answer->object, "reason");

    if (!spk_str_is(member(answer->object, "kind"), "Status"))
        return;
    (void)snprintf(answer->reason, sizeof(answer->reason), "%.*s", SPK_ARG(reason));
    spk_one_line(answer->reason);
}

int spk_kube_answer_read(struct spk_kube_answer *answer, const struct spk_client_answer *raw,
                         struct spk_err *err)
{
    bool good = raw->status >= 200 && raw->status < 300;
    struct spk_err bad = {0};
    json_t *object = NULL;

    if (raw->body.len && spk_json_parse(&object, raw->body.ptr, raw->body.len, &bad)) {
        if (good || bad.code == SPK_ENOMEM) {
            *err = bad;
            return spk_fail_in(err, "the API server's answer");
        }
    }
    *answer = (struct spk_kube_answer){.status = raw->status, .object = object};
    (void)snprintf(answer->warning, sizeof(answer->warning), "%s", raw->warning);
    if (good)
        return 0;
    read_reason(answer);
    say(answer, (struct spk_str){raw->body.ptr, raw->body.len});
    return 1;
}

int spk_kube_answer_take(struct spk_kube_answer *answer, struct spk_client_answer *raw,
                         struct spk_err *err)
{
    size_t len;
    char *body;

    if (spk_buf_reserve(&raw->body, raw->body.len, err)) /* an empty one has no bytes yet */
        return -1;
    body = spk_buf_take(&raw->body, &len);
    *answer = (struct spk_kube_answer){.status = raw->status, .body = body};
    return 0;
}

void spk_kube_answer_done(struct spk_kube_answer *answer)
{
    json_decref(answer->object);
    free(answer->body);
    *answer = (struct spk_kube_answer){0};
}
