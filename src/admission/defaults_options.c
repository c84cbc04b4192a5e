#include "defaults.h"

#include "spk/base/cleanup.h"

#define FILE_OPTION "--properties-file"

/* Options of spark-submit that take no value (launcher SparkSubmitOptionParser.switches); all
 * others do. */
static const char *const switches[] = {
    "--help",    "-h", "--supervise", "--usage-error",
    "--verbose", "-v", "--version",   "--load-spark-defaults",
};

static bool takes_value(struct spk_str arg)
{
    if (spk_str_starts(arg, SPK_LIT("--")) && memchr(arg.ptr, '=', arg.len))
        return false;
    for (size_t i = 0; i < SPK_LEN(switches); i++) {
        if (spk_str_is(arg, switches[i]))
            return false;
    }
    return true;
}

/* Behind "driver", which tells the image's entrypoint what to start; a pod template may have put
 * arguments in front (BasicDriverFeatureStep appends). */
static size_t first_option(const json_t *args)
{
    size_t i;
    json_t *arg;

    json_array_foreach((json_t *)args, i, arg)
    {
        if (spk_str_is(spk_json_str(arg), "driver"))
            return i + 1;
    }
    return 0;
}

static void found_file(struct spk_defaults_options *out, const json_t *args, size_t at)
{
    static const struct spk_str joined = SPK_LIT(FILE_OPTION "=");
    struct spk_str arg = spk_json_str(json_array_get(args, at));

    out->file_joined = spk_str_starts(arg, joined);
    out->option_at = at;
    out->file_at = out->file_joined ? at : at + 1;
    out->file = out->file_joined ? spk_str_skip(arg, joined.len)
                                 : spk_json_str(json_array_get(args, at + 1));
    out->files++;
}

int spk_defaults_options(struct spk_defaults_options *out, const json_t *args,
                         const struct spk_at *at, struct spk_err *err)
{
    size_t count = json_array_size(args);

    *out = (struct spk_defaults_options){0};
    for (size_t i = 0; i < count; i++) {
        struct spk_at step = {.up = at, .index = i};
        if (spk_json_expect(json_array_get(args, i), JSON_STRING, &step, err))
            return -1;
    }
    for (size_t i = first_option(args); i < count; i++) {
        struct spk_str arg = spk_json_str(json_array_get(args, i));
        if (!spk_str_starts(arg, SPK_LIT("-")))
            break; /* the primary resource (SparkSubmitArguments.handleUnknown) */
        if (spk_str_is(arg, FILE_OPTION) || spk_str_starts(arg, SPK_LIT(FILE_OPTION "=")))
            found_file(out, args, i);
        out->load_spark_defaults |= spk_str_is(arg, "--load-spark-defaults");
        i += takes_value(arg);
    }
    return 0;
}
