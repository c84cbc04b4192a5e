/* Lines are the same however the bytes were cut: the first byte says where. */

#include "fuzz.h"

#include "spk/base/lines.h"

#define LINE_MAX_HERE 64

/* Takes lines out of a piece; a hash of all that came, and how it ended. */
static int take(struct spk_lines *lines, struct spk_str piece, uint64_t *hash)
{
    struct spk_str line;
    struct spk_err err;
    int rc = spk_lines_add(lines, piece, &err);

    while (rc == 0 && (rc = spk_lines_next(lines, &line, &err)) == 0) {
        MUST(line.len > 0 && line.len <= LINE_MAX_HERE && !memchr(line.ptr, '\n', line.len));
        for (size_t i = 0; i < line.len; i++)
            *hash = *hash * 31 + (unsigned char)line.ptr[i] + 1;
        *hash = *hash * 31;
    }
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spk_str text = {(const char *)data, size};
    size_t piece = size ? data[0] + 1U : 1;
    struct spk_lines whole;
    struct spk_lines cut;
    uint64_t hashes[2] = {0};
    int rc = 1;

    spk_lines_init(&whole, LINE_MAX_HERE, size + 1);
    spk_lines_init(&cut, LINE_MAX_HERE, size + 1);
    for (struct spk_str rest = text; rest.len && rc == 1;) {
        size_t len = rest.len < piece ? rest.len : piece;
        rc = take(&cut, (struct spk_str){rest.ptr, len}, &hashes[1]);
        rest = spk_str_skip(rest, len);
    }
    MUST(take(&whole, text, &hashes[0]) == rc);
    MUST(hashes[0] == hashes[1]);
    spk_lines_done(&whole);
    spk_lines_done(&cut);
    return 0;
}
