/*
 * What a child says, as far as it is kept.
 */
#include "runner_parts.h"

#include "spk/base/limits.h"

#define GAP "\n[...]\n"

int spk_runner_output_init(struct spk_runner_output *output, struct spk_err *err)
{
    output->seen = 0;
    output->bytes = malloc(SPK_CHILD_HEAD_MAX + SPK_CHILD_TAIL_MAX);
    return output->bytes ? 0 : spk_fail(err, SPK_ENOMEM, "out of memory");
}

void spk_runner_output_done(struct spk_runner_output *output)
{
    free(output->bytes);
    output->bytes = NULL;
}

/* Where byte number @at is kept, and how many of those behind it follow it there. */
static size_t slot(size_t at, size_t *room)
{
    if (at < SPK_CHILD_HEAD_MAX) {
        *room = SPK_CHILD_HEAD_MAX - at;
        return at;
    }
    at = (at - SPK_CHILD_HEAD_MAX) % SPK_CHILD_TAIL_MAX;
    *room = SPK_CHILD_TAIL_MAX - at;
    return SPK_CHILD_HEAD_MAX + at;
}

void spk_runner_output_add(struct spk_runner_output *output, const char *bytes, size_t len)
{
    while (len) {
        size_t room;
        size_t at = slot(output->seen, &room);
        if (room > len)
            room = len;
        memcpy(output->bytes + at, bytes, room);
        output->seen += room;
        bytes += room;
        len -= room;
    }
}

int spk_runner_output_text(struct spk_buf *out, const struct spk_runner_output *output,
                           struct spk_err *err)
{
    size_t kept = SPK_CHILD_HEAD_MAX + SPK_CHILD_TAIL_MAX;
    size_t turn = (output->seen - SPK_CHILD_HEAD_MAX) % SPK_CHILD_TAIL_MAX;
    const char *tail = output->bytes + SPK_CHILD_HEAD_MAX;

    if (output->seen <= kept)
        return spk_buf_add(out, output->bytes, output->seen, err);
    if (spk_buf_add(out, output->bytes, SPK_CHILD_HEAD_MAX, err) ||
        spk_buf_add(out, GAP, sizeof(GAP) - 1, err) ||
        spk_buf_add(out, tail + turn, SPK_CHILD_TAIL_MAX - turn, err))
        return -1;
    return spk_buf_add(out, tail, turn, err);
}
