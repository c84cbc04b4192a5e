#ifndef SPK_KUBE_WATCH_INTERNAL_H
#define SPK_KUBE_WATCH_INTERNAL_H
/* The parts of a watch: when to do what (watch.c), lists (watch_list.c), what is in their pages
 * (watch_page.c), events (watch_follow.c).
 */

#include "kube_internal.h"

#include "spk/kube/watch.h"

struct spk_kube_watch {
    struct spk_kube *kube;
    struct spk_kube_watch_options options; /* its texts are those below */
    char *path;
    char *field_selector;
    char *label_selector;
    pthread_t thread;
    struct spk_stop stop;
    /* The thread's. */
    unsigned page;
    char *version; /* resourceVersion to go on from; NULL: list first */
    struct spk_kube_state state;
    unsigned failures; /* for the back-off */
    int refusal;       /* the status of the server's last refusal, if this step had one */
    unsigned hasty;    /* watches in a row that were good and short */
};

enum spk_watch_end {
    SPK_WATCH_OVER,    /* it went well, and may go on at once */
    SPK_WATCH_GONE,    /* our place is not known any more */
    SPK_WATCH_FAILED,  /* see the error */
    SPK_WATCH_STOPPED, /* by us */
};

/* A path of the collection with a first query, to be appended to: "/api/v1/pods?limit=500". */
int spk_watch_path(struct spk_buf *out, const struct spk_kube_watch *watch, const char *query,
                   const char *value, struct spk_err *err);

/* Keeps metadata.resourceVersion of @object, if it has one. */
int spk_watch_remember(struct spk_kube_watch *watch, const json_t *object, struct spk_err *err);
void spk_watch_forget(struct spk_kube_watch *watch);

/* Lists all pages and hands them over; the version is then that of the list. */
enum spk_watch_end spk_watch_list(struct spk_kube_watch *watch, struct spk_err *err);

/* Hands the objects of a page over, and keeps the last one's version. @first: of its list; false
 * afterwards. @rest: the token that this page was asked for with; then that of the next one, owned,
 * or NULL at the last. */
int spk_watch_page(struct spk_kube_watch *watch, struct spk_str text, bool *first, char **rest,
                   struct spk_err *err);

/* An event that can't be read is told as an object that is gone, and the watch goes on behind it.
 * False, with @err as it was, where that is not wanted or can't be. */
bool spk_watch_pass_over(struct spk_kube_watch *watch, struct spk_str line, struct spk_err *err);

/* Watches from the version on. @good: something came, or it lasted. */
enum spk_watch_end spk_watch_follow(struct spk_kube_watch *watch, bool *good, struct spk_err *err);

/* A watch is open. */
void spk_watch_opened(struct spk_kube_watch *watch);

/* An even number below @below. */
unsigned spk_watch_random(unsigned below);

#endif
