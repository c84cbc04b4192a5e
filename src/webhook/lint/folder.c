#include "webhook/lint/parts.h"

#include "spk/base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

bool spk_lint_is_folder(const char *path)
{
    struct stat info;

    return strcmp(path, "-") != 0 && stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* What lint reads, by its name. */
static int is_wanted(const struct dirent *entry)
{
    static const char *const ends[] = {".yaml", ".yml", ".json", ".conf", ".properties", ".sh"};

    for (size_t i = 0; i < SPK_LEN(ends); i++) {
        if (entry->d_name[0] != '.' && spk_str_ends(spk_str(entry->d_name), spk_str(ends[i])))
            return 1;
    }
    return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* A run over the files of a folder. */
struct run {
    struct spk_lint_findings *findings;
    const struct spk_policy *policy;
    const char *path;
    spk_lint_fail_fn *fail;
    bool recognised;
    bool unusable;
};

static int lint_entry(struct run *run, const char *name, struct spk_err *err)
{
    const char *slash = spk_str_ends(spk_str(run->path), SPK_LIT("/")) ? "" : "/";
    const char *file = spk_arena_printf(&run->findings->arena, "%s%s%s", run->path, slash, name);
    int rc;

    if (!file)
        return spk_fail(err, SPK_ENOMEM, "%s: out of memory", run->path);
    if (spk_lint_is_folder(file))
        return 0;
    rc = spk_lint_file(run->findings, run->policy, file, &run->recognised, err);
    if (rc < 0)
        run->fail(err);
    run->unusable = run->unusable || rc;
    return 0;
}

int spk_lint_folder(struct spk_lint_findings *findings, const struct spk_policy *policy,
                    const char *path, spk_lint_fail_fn *fail, struct spk_err *err)
{
    struct run run = {.findings = findings, .policy = policy, .path = path, .fail = fail};
    const struct spk_lint_source source = {.name = path};
    struct dirent **entries;
    int count = scandir(path, &entries, is_wanted, by_name);
    int rc = 0;

    if (count < 0)
        return spk_fail_sys(err, "%s", path);
    for (int i = 0; i < count; i++) {
        rc = rc ? rc : lint_entry(&run, entries[i]->d_name, err);
        free(entries[i]);
    }
    free((void *)entries);
    if (rc)
        return -1;
    if (!run.recognised && !run.unusable)
        spk_lint_report_nothing(findings, path);
    if (findings->broken)
        return spk_fail(err, SPK_ENOMEM, "%s: out of memory", path);
    spk_lint_close(findings, &source);
    return run.unusable;
}
