#include "spk/json/dump.h"

#include "spk/base/buf.h"
#include "spk/base/limits.h"

#include <stdbool.h>

struct sink {
    struct spk_buf buf;
    struct spk_err *err;
    bool broken; /* for good: nothing may follow what is missing */
};

static int add(const char *bytes, size_t len, void *arg)
{
    struct sink *sink = arg;

    if (!sink->broken && spk_buf_add(&sink->buf, bytes, len, sink->err))
        sink->broken = true;
    return sink->broken ? -1 : 0;
}

int spk_json_dump(char **out, size_t *len, const json_t *tree, struct spk_err *err)
{
    struct sink sink = {.err = err};

    spk_buf_init(&sink.buf, SPK_TREE_MAX);
    if (json_dump_callback(tree, add, &sink, JSON_COMPACT | JSON_ENCODE_ANY) || sink.broken) {
        spk_buf_done(&sink.buf);
        return sink.broken ? -1 : spk_fail(err, SPK_ENOMEM, "JSON: out of memory");
    }
    *out = spk_buf_take(&sink.buf, len);
    return 0;
}
