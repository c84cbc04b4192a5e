#include "spk/app/submission.h"
#include "spk/base/buf.h"
#include "spk/base/clock.h"

/* apimachinery meta/v1 Condition.message: maxLength. */
#define MESSAGE_MAX 32768

static int write_notes(struct spk_buf *text, const struct spk_submission *submission,
                       struct spk_err *err)
{
    for (size_t i = 0; i < submission->note_count; i++) {
        const struct spk_submission_note *note = &submission->notes[i];

        if (spk_buf_printf(text, err, "%s%s: %s", i ? "; " : "", note->field, note->message) != 0)
            return -1;
    }
    return 0;
}

int spk_submission_condition(json_t **out, const struct spk_submission *submission, int64_t now_s,
                             struct spk_err *err)
{
    char time[SPK_CLOCK_TEXT];
    struct spk_buf text;

    *out = NULL;
    if (submission->note_count == 0)
        return 0;
    spk_buf_init(&text, MESSAGE_MAX);
    if (write_notes(&text, submission, err) != 0)
        return -1;
    spk_clock_text(time, now_s);
    *out =
        json_pack("{ss ss ss ss ss}", "type", SPK_SUBMISSION_CONDITION, "status", "True", "reason",
                  SPK_SUBMISSION_CONDITION, "message", text.ptr, "lastTransitionTime", time);
    spk_buf_done(&text);
    return *out ? 0 : spk_fail(err, SPK_ENOMEM, "out of memory");
}
