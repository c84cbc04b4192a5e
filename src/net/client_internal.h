#ifndef SPK_NET_CLIENT_INTERNAL_H
#define SPK_NET_CLIENT_INTERNAL_H
/*
 * The parts of the client. A transfer is one request: made by the thread that asks, given to the
 * loop through the queue, and never touched by the loop again once it is SPK_TRANSFER_DONE.
 */

#include "spk/base/lines.h"
#include "spk/net/client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <sys/queue.h>

/* Bytes that have a file's name, for libraries that take only files. */
struct spk_memory_file {
    int fd; /* -1: none */
    char path[32];
};

enum spk_transfer_phase { SPK_TRANSFER_QUEUED, SPK_TRANSFER_RUNNING, SPK_TRANSFER_DONE };

struct spk_transfer {
    TAILQ_ENTRY(spk_transfer) link; /* in the queue or among the running */
    struct spk_client *client;
    CURL *easy;
    struct curl_slist *headers;
    struct curl_slist *connect_to;
    char curl_text[CURL_ERROR_SIZE];
    struct spk_client_request request; /* a copy; what it points to may be gone once sent */
    bool stream;

    /* The loop's until done. */
    struct spk_client_answer answer;
    size_t header_len;  /* bytes of headers so far */
    int64_t heard_ms;   /* the last byte came then; 0: none yet */
    struct spk_err err; /* what a callback could not do */

    /* Under the client's lock. */
    enum spk_transfer_phase phase;
    bool header;         /* the answer's header is complete */
    bool abandoned;      /* nobody wants the rest */
    int rc;              /* when done */
    struct spk_buf come; /* of a stream, not read yet */
    pthread_cond_t changed;
};

TAILQ_HEAD(spk_transfers, spk_transfer);

struct spk_stream {
    struct spk_transfer transfer;
    struct spk_lines lines;
};

struct spk_client {
    char *base;   /* "https://host:port/prefix", or with the certificate's name in place of host */
    char *origin; /* "https://host:port", for messages */
    char *host;   /* a header "Host: host:port", where base has another name; else NULL */
    char *to;     /* "::host:port": where to connect to instead; else NULL */
    char *proxy;
    char *user_agent;
    struct spk_memory_file ca;
    struct spk_memory_file cert;
    struct spk_memory_file key;
    long connect_ms;
    bool insecure;
    bool loopback;

    CURLM *multi; /* the loop's, but for curl_multi_wakeup() */
    bool global;  /* curl_global_init() was done */
    pthread_t loop;
    bool looping;
    pthread_mutex_t lock;
    pthread_cond_t left; /* a user has gone */
    /* Under the lock. */
    struct spk_transfers queue;
    unsigned users; /* calls and streams */
    bool stopping;
    /* The loop's. */
    struct spk_transfers running;
    struct curl_waitfd *stops; /* the running transfers' */
    unsigned stops_size;
};

/* client_server.c: reads the options into the client. */
int spk_client_take_options(struct spk_client *client, const struct spk_client_options *options,
                            struct spk_err *err);
void spk_client_drop_options(struct spk_client *client);

/* client_transfer.c */
int spk_transfer_init(struct spk_transfer *transfer, struct spk_client *client,
                      const struct spk_client_request *request, bool stream, struct spk_err *err);
void spk_transfer_done(struct spk_transfer *transfer);
/* Fills the transfer's error; @code is not CURLE_OK. */
void spk_transfer_fail(struct spk_transfer *transfer, CURLcode code);

/* client_loop.c */
void *spk_client_loop(void *arg);

/* client.c: waits for the header (a stream's) or the end, in the asking thread. */
int spk_transfer_run(struct spk_transfer *transfer, struct spk_err *err);
void spk_client_leave(struct spk_client *client);

#endif
