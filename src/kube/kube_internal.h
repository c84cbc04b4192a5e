#ifndef SPK_KUBE_INTERNAL_H
#define SPK_KUBE_INTERNAL_H
/*
 * The parts of the API client: who we are (identity.c, plugin.c), requests (client.c), answers
 * (answer.c).
 */

#include "config_internal.h"

#include "spk/kube/client.h"
#include "spk/kube/plugin.h"
#include "spk/net/client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* Connections with one client certificate; freed when the last user of an old one has gone. */
struct spk_kube_link {
    struct spk_client *client;
    unsigned users; /* under the lock of spk_kube; the current link counts as one */
};

struct spk_kube {
    struct spk_kube_config config;
    char *user_agent;
    atomic_uint_fast64_t calls[SPK_KUBE_METHODS][SPK_KUBE_STATUSES]; /* tries by their answers */

    pthread_mutex_t lock;
    pthread_cond_t calm; /* the plugin has ended */
    /* All under the lock. */
    struct spk_kube_link *link; /* NULL before the first call */
    char *authorization;        /* NULL: none */
    uint64_t generation;        /* counts changes of link and authorization */
    int64_t read_ms;            /* when the token file was read or the plugin run */
    int64_t looked_ms;          /* when the certificate files were read again */
    int64_t renew_ms;           /* wall clock: the plugin's credential needs a new one then */
    int64_t expires_ms;         /* wall clock: and is of no use then */
    bool credential;            /* the plugin has given one */
    bool busy;                  /* the plugin runs, without the lock */
};

struct spk_kube_who {
    struct spk_kube_link *link;
    char *authorization; /* a copy */
    uint64_t generation;
};

/* Who we are now, renewed where its time has come. To be given back with spk_kube_give_back(). */
int spk_kube_borrow(struct spk_kube_who *out, struct spk_kube *kube,
                    const struct spk_kube_limits *limits, struct spk_err *err);
void spk_kube_give_back(struct spk_kube *kube, struct spk_kube_who *who);

/* As @generation we were not welcome. True when we are somebody else now, worth another try. */
bool spk_kube_renew(struct spk_kube *kube, uint64_t generation,
                    const struct spk_kube_limits *limits);

/* Frees what the identity holds. */
void spk_kube_forget(struct spk_kube *kube);

/* plugin_text.c: what the plugin is told (to be freed), and what its answer means. */
int spk_kube_plugin_info(char **out, const struct spk_kube_config *config, struct spk_err *err);
int spk_kube_plugin_parse(struct spk_kube_credential *out, const struct spk_kube_config *config,
                          struct spk_str text, struct spk_err *err);

/* Reads the body of @raw into @answer. Return: 0 for 2xx, 1 for other statuses, -1. */
int spk_kube_answer_read(struct spk_kube_answer *answer, const struct spk_client_answer *raw,
                         struct spk_err *err);

/* The body of a good answer as it is. */
int spk_kube_answer_take(struct spk_kube_answer *answer, struct spk_client_answer *raw,
                         struct spk_err *err);

/* A stream of lines and the connections that it is on. */
struct spk_kube_stream {
    struct spk_stream *stream;
    struct spk_kube_who who;
};

/* Begins a watch: renews and retries as spk_kube_call(). Return: as spk_kube_call(), with @out and
 * an empty @answer for 0. */
int spk_kube_open(struct spk_kube_stream *out, struct spk_kube *kube,
                  const struct spk_kube_request *request, int64_t idle_ms,
                  struct spk_kube_answer *answer, struct spk_err *err);
void spk_kube_stream_close(struct spk_kube *kube, struct spk_kube_stream *stream);

#endif
