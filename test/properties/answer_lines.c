/* Reads one AdmissionReview a line and writes one answer a line, or {"error": …}. */

#include "spk/admission/review.h"
#include "spk/base/cleanup.h"
#include "spk/json/memory.h"

static void answer(const char *line, size_t len)
{
    const struct spk_policy policy = {.version = "test"};
    SPK_CLEANUP(spk_decision_done) struct spk_decision decision;
    SPK_AUTOFREE char *response = NULL;
    size_t response_len;
    struct spk_err err;

    if (spk_review_answer(&decision, &response, &response_len, line, len, &policy, &err)) {
        json_auto_t *error = json_pack("{s:s}", "error", err.msg);
        SPK_AUTOFREE char *text = json_dumps(error, JSON_COMPACT);
        (void)puts(text ? text : "{\"error\":\"\"}");
    } else {
        (void)puts(response);
    }
    (void)fflush(stdout);
}

int main(void)
{
    SPK_AUTOFREE char *line = NULL;
    size_t size = 0;
    ssize_t len;

    spk_json_init();
    while ((len = getline(&line, &size, stdin)) > 0)
        answer(line, (size_t)len);
    return 0;
}
