#ifndef SPK_CLI_PAGE_H
#define SPK_CLI_PAGE_H
/*
 * A page of metrics, in Prometheus' text format 0.0.4. After a failure nothing more is added, and
 * rc says so: it is looked at once, at the end.
 */

#include "spk/base/buf.h"
#include "spk/base/err.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* What a server's page is sent as. */
#define SPK_PAGE_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct spk_page {
    struct spk_buf *buf;
    struct spk_err *err;
    int rc; /* 0, or -1 and @err says why: SPK_EINTERNAL for a line above 2,048 bytes, and those of
               spk_buf_add() */
};

void spk_page_put(struct spk_page *page, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* HELP and TYPE of a family. */
void spk_page_head(struct spk_page *page, const char *name, const char *type, const char *help);

/* A family of one series without labels. */
void spk_page_number(struct spk_page *page, const char *name, const char *type, const char *help,
                     int64_t value);

/* A sample in seconds; @labels is "" or "{...}". */
void spk_page_seconds(struct spk_page *page, const char *name, const char *labels, int64_t ns);

/* NAME_build_info, and what Prometheus expects of every process. @start_ms: wall clock. */
void spk_page_process(struct spk_page *page, const char *name, const char *version,
                      int64_t start_ms);

static inline uint64_t spk_counter_read(atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline void spk_counter_add(atomic_uint_fast64_t *counter, uint64_t more)
{
    (void)atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

#endif
