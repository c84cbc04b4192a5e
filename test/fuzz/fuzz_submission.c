/* A SparkApplication: what is made of it changes nothing of it, is the same a second time, and has
 * the last word about whose pods they are and where spark-submit looks. */

#include "fuzz.h"

#include "spk/app/submission.h"

static const char metadata[] = "{\"name\":\"pi\",\"namespace\":\"team\",\"uid\":\"u-1\"}";

/* Only what nobody's spec may choose. */
static void must_be_ours(const json_t *properties)
{
    static const char *const ours[][2] = {
        {"spark.kubernetes.driver.label." SPK_APP_LABEL_NAME, "pi"},
        {"spark.kubernetes.executor.label." SPK_APP_LABEL_SUBMISSION, "id-1"},
        {"spark.kubernetes.namespace", "team"},
        {"spark.kubernetes.submission.waitAppCompletion", "false"},
    };
    static const char *const nobodys[] = {"spark.master", "spark.submit.deployMode",
                                          "spark.kubernetes.driver.podTemplateFile",
                                          "spark.jars.packages"};

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        const char *value = json_string_value(json_object_get(properties, ours[i][0]));
        MUST(value && strcmp(value, ours[i][1]) == 0);
    }
    for (size_t i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++)
        MUST(!json_object_get(properties, nobodys[i]));
}

/* No word of the command line before the application is taken for another option. */
static void must_be_words(const json_t *arguments)
{
    for (size_t i = 0; i < json_array_size(arguments); i++) {
        const char *word = json_string_value(json_array_get(arguments, i));
        MUST(word != NULL);
        if (strcmp(word, "--class") == 0 || strcmp(word, "--proxy-user") == 0) {
            word = json_string_value(json_array_get(arguments, ++i));
            MUST(word && *word != '-');
        } else {
            MUST(*word != '-' && *word != '/');
            break;
        }
    }
}

static void submit(const struct spk_app *app)
{
    const struct spk_submission_options options = {.submission_id = "id-1", .webhook = true};
    struct spk_submission one;
    struct spk_submission two;
    struct spk_err err = {0};
    int rc = spk_submission_make(&one, app, &options, &err);

    MUST(spk_submission_make(&two, app, &options, &err) == rc);
    MUST(json_equal(one.properties, two.properties) && one.note_count == two.note_count);
    spk_submission_done(&two);
    MUST(spk_submission_check(&two, app, &err) == rc);
    MUST(spk_faults_none(&two.faults) == (rc == 0));
    if (rc) {
        MUST(*err.msg);
    } else {
        must_be_ours(one.properties);
        must_be_words(one.arguments);
        MUST(json_is_object(one.driver_template) && json_is_object(one.executor_template));
    }
    spk_submission_done(&one);
    spk_submission_done(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_auto_t *object = NULL;
    json_auto_t *before = NULL;
    struct spk_app app = {0};
    struct spk_err err;

    if (spk_json_parse(&object, (const char *)data, size, &err) || !json_is_object(object))
        return 0;
    MUST(json_object_set_new(object, "metadata", json_loads(metadata, 0, NULL)) == 0);
    before = json_deep_copy(object);
    if (spk_app_read(&app, object, &err) == 0)
        submit(&app);
    spk_app_done(&app);
    MUST(json_equal(object, before));
    return 0;
}
