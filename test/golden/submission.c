/* A SparkApplication on standard input, what is submitted for it on standard output, both as the
 * cases of submission/ have them: for submission.py. */

#include "spk/app/submission.h"
#include "spk/json/walk.h"
#include "spk/json/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX ((size_t)1024 * 1024)

static json_t *notes_of(const struct spk_submission *submission)
{
    json_t *notes = json_array();

    for (size_t i = 0; i < submission->note_count; i++)
        json_array_append_new(notes, json_sprintf("%s: %s", submission->notes[i].field,
                                                  submission->notes[i].message));
    return notes;
}

static json_t *result_of(const struct spk_submission *submission)
{
    return json_pack("{s:O, s:O, s:O?, s:O?, s:O, s:b, s:o}", "arguments", submission->arguments,
                     "properties", submission->properties, "driver_template",
                     submission->driver_template, "executor_template",
                     submission->executor_template, "config_maps", submission->config_maps,
                     "needs_webhook", submission->needs_webhook, "notes", notes_of(submission));
}

static void print_refused(const struct spk_submission *submission)
{
    char faults[SPK_MESSAGE_MAX];

    spk_faults_print(faults, sizeof(faults), &submission->faults, "\n");
    (void)fprintf(stderr, "%s\n", faults);
    for (size_t i = 0; i < submission->note_count; i++)
        (void)fprintf(stderr, "note: %s: %s\n", submission->notes[i].field,
                      submission->notes[i].message);
}

static int print(const struct spk_app *app, const struct spk_submission_options *options,
                 struct spk_err *err)
{
    struct spk_submission submission;
    int rc = spk_submission_make(&submission, app, options, err);

    if (rc == 0) {
        json_t *result = result_of(&submission);
        rc = json_dumpf(result, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
        json_decref(result);
    }
    if (rc)
        print_refused(&submission);
    spk_submission_done(&submission);
    return rc;
}

int main(int count, char **words)
{
    struct spk_submission_options options = {
        .submission_id = "7f3c1a52-5d0e-4b7e-9d0c-2a6f1b8e4c11", .webhook = true};
    char *bytes = malloc(INPUT_MAX);
    struct spk_app app = {0};
    json_t *object = NULL;
    struct spk_err err;
    size_t len = bytes ? fread(bytes, 1, INPUT_MAX, stdin) : 0;
    int rc;

    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--no-webhook") == 0)
            options.webhook = false;
        else
            options.ui_proxy_base = words[i];
    }
    rc = spk_yaml_parse(&object, bytes, len, &err);
    rc = rc || spk_app_read(&app, object, &err);
    if (rc)
        (void)fprintf(stderr, "%s\n", err.msg);
    rc = rc || print(&app, &options, &err);
    spk_app_done(&app);
    json_decref(object);
    free(bytes);
    return rc ? 1 : 0;
}
