/* Replays files and the files of folders where there is no libFuzzer. */

#include "fuzz.h"

#include "spk/base/file.h"
#include "spk/base/limits.h"

#include <glob.h>

static size_t replay(const char *pattern)
{
    glob_t found = {0};
    size_t count = 0;

    (void)glob(pattern, 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct spk_buf buf = {.ceiling = SPK_FILE_MAX};
        struct spk_err err;
        if (spk_file_read(&buf, found.gl_pathv[i], &err) == 0 && ++count)
            (void)LLVMFuzzerTestOneInput((const uint8_t *)buf.ptr, buf.len);
        spk_buf_done(&buf);
    }
    globfree(&found);
    return count;
}

int main(int argc, char **argv)
{
    char pattern[4096];
    size_t count = 0;

    for (int i = 1; i < argc; i++) {
        (void)snprintf(pattern, sizeof(pattern), "%s/*", argv[i]);
        count += replay(argv[i]) + replay(pattern);
    }
    (void)printf("%zu inputs\n", count);
    return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
