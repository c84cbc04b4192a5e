#ifndef TEST_UNIT_KUBE_RIG_H
#define TEST_UNIT_KUBE_RIG_H
/* A server that says what the test wants, a kubeconfig for it, and a client. */

#include "../net/canned.h"
#include "folder.h"

#include "spk/base/cleanup.h"
#include "spk/json/memory.h"
#include "spk/kube/client.h"

#define JSON_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define REFUSAL(status) \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nConnection: close\r\n"

struct kube_rig {
    struct canned canned;
    struct folder folder;
    struct spk_kube *kube;
};

/* @user: what stands in users[0].user, as YAML in braces. */
static inline void kube_rig_start(struct kube_rig *rig, const char *user)
{
    struct spk_kube_config config;
    struct spk_err err = {0};
    char text[4096];

    rig->folder = folder_new();
    canned_start(&rig->canned);
    (void)snprintf(text, sizeof(text),
                   "clusters: [{name: c, cluster: {server: '%s'}}]\n"
                   "users: [{name: u, user: {%s}}]\n"
                   "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n",
                   rig->canned.server, user);
    ck_assert_msg(
        spk_kube_config_load(&config,
                             &(struct spk_kube_config_options){
                                 .kubeconfig = folder_write(&rig->folder, "config", text)},
                             &err) == 0,
        "%s", err.msg);
    ck_assert_msg(spk_kube_new(&rig->kube, &config,
                               &(struct spk_kube_options){.user_agent = "test/1"}, &err) == 0,
                  "%s", err.msg);
}

static inline void kube_rig_end(struct kube_rig *rig)
{
    spk_kube_free(rig->kube);
    canned_end(&rig->canned);
    folder_done(&rig->folder);
}

/* A GET, or a POST of "{}". */
static inline int kube_rig_call(struct kube_rig *rig, const char *method, int64_t timeout_ms,
                                struct spk_kube_answer *answer, struct spk_err *err)
{
    struct spk_kube_request request = {.method = method, .path = "/x", .timeout_ms = timeout_ms};

    if (strcmp(method, "POST") == 0)
        request.body = SPK_LIT("{}");
    return spk_kube_call(rig->kube, &request, answer, err);
}

#endif
