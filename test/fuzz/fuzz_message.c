/* Why a spark-submit failed: whatever it said, one short line that shows no control character. */

#include "fuzz.h"

#include "spk/base/text.h"

#include "controller/runner_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spk_str text = {(const char *)data, size};
    uint32_t rune = 0;
    char out[256];
    size_t len;

    spk_runner_message(out, sizeof(out), text);
    for (struct spk_str rest = spk_str(out); rest.len; rest = spk_str_skip(rest, len)) {
        len = spk_rune_decode(rest, &rune);
        MUST(len > 0 && !spk_rune_must_escape(rune));
    }
    return 0;
}
