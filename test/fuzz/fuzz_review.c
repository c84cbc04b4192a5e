/* A whole review: the answer is JSON, its patch applies, and a second pass has nothing to do. */

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spk_decision decision;
    struct spk_err err;
    char *text = NULL;
    size_t len;
    json_t *answer;

    if (spk_review_answer(&decision, &text, &len, (const char *)data, size, &fuzz_policy, &err)) {
        MUST(err.code == SPK_EPARSE || err.code == SPK_ETOOBIG);
    } else {
        MUST(spk_json_parse(&answer, text, len, &err) == 0);
        must_settle(json_object_get(json_object_get(decision.root, "request"), "object"),
                    &decision);
        json_decref(answer);
    }
    free(text);
    spk_decision_done(&decision);
    return 0;
}
