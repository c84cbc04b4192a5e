#ifndef SPK_FUZZ_H
#define SPK_FUZZ_H
/* What the targets share. A check that fails ends the program, so that the fuzzer keeps the input.
 */

#include "spk/admission/review.h"
#include "spk/base/str.h"
#include "spk/json/memory.h"
#include "spk/json/patch.h"
#include "spk/json/walk.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                           \
    do {                                                                          \
        if (!(condition)) {                                                       \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                              \
        }                                                                         \
    } while (0)

static const struct spk_policy fuzz_policy = {.version = "fuzz"};

__attribute__((constructor)) static void fuzz_init(void)
{
    spk_json_init();
}

/* The patch applies, and the pod that results asks for nothing more. */
static inline void must_settle(const json_t *pod, const struct spk_decision *decision)
{
    struct spk_decision again;
    struct spk_err err;
    json_t *after;

    MUST((decision->patch != NULL) == (decision->outcome == SPK_MUTATED));
    if (!decision->patch)
        return;
    MUST(spk_patch_apply(&after, pod, decision->patch, &err) == 0);
    MUST(spk_pod_decide(&again, after, &fuzz_policy, &err) == 0);
    MUST(again.outcome == SPK_UNCHANGED && !again.patch && !*again.applied);
    spk_decision_done(&again);
    json_decref(after);
}

#endif
