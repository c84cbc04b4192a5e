/* Whatever a script holds, lint comes to its end, and what it finds stands inside the file. */

#include "fuzz.h"

#include "spk/base/limits.h"
#include "spk/json/walk.h"
#include "webhook/lint/parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spk_lint_findings findings;
    struct spk_err err;
    struct spk_lint lint = {.policy = {.version = "fuzz"},
                            .source = {.name = "script", .text = {(const char *)data, size}},
                            .findings = &findings,
                            .kept = json_array(),
                            .err = &err};

    MUST(lint.kept != NULL);
    spk_lint_findings_init(&findings);
    if (spk_lint_script(&lint))
        MUST(err.code == SPK_ETOOBIG || err.code == SPK_ENOMEM);
    for (size_t i = 0; i < findings.count; i++)
        MUST(findings.items[i].offset <= size);
    spk_lint_close(&findings, &lint.source);
    spk_lint_source_done(&lint.source);
    json_decref(lint.kept);
    spk_lint_findings_done(&findings);
    return 0;
}
