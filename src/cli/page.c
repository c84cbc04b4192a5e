#include "spk/cli/page.h"

#include "spk/cli/process.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define LINE_MAX_BYTES 2048

void spk_page_put(struct spk_page *page, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    if (page->rc)
        return;
    if (len < 0 || (size_t)len >= sizeof(line))
        page->rc = spk_fail(page->err, SPK_EINTERNAL, "metrics: a line of %d bytes", len);
    else
        page->rc = spk_buf_add(page->buf, line, (size_t)len, page->err);
}

void spk_page_head(struct spk_page *page, const char *name, const char *type, const char *help)
{
    spk_page_put(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void spk_page_number(struct spk_page *page, const char *name, const char *type, const char *help,
                     int64_t value)
{
    spk_page_head(page, name, type, help);
    spk_page_put(page, "%s %" PRId64 "\n", name, value);
}

void spk_page_seconds(struct spk_page *page, const char *name, const char *labels, int64_t ns)
{
    spk_page_put(page, "%s%s %" PRId64 ".%09" PRId64 "\n", name, labels, ns / 1000000000,
                 ns % 1000000000);
}

void spk_page_process(struct spk_page *page, const char *name, const char *version,
                      int64_t start_ms)
{
    const char *start = "process_start_time_seconds";
    const char *cpu = "process_cpu_seconds_total";

    spk_page_put(page,
                 "# HELP %s_build_info The program; the value is always 1.\n"
                 "# TYPE %s_build_info gauge\n"
                 "%s_build_info{version=\"%s\",compiler=\"%s\"} 1\n",
                 name, name, name, version, __VERSION__);
    spk_page_head(page, start, "gauge", "When the process started, in seconds since 1970.");
    spk_page_put(page, "%s %" PRId64 ".%03" PRId64 "\n", start, start_ms / 1000, start_ms % 1000);
    spk_page_head(page, cpu, "counter", "Processor time, user and system.");
    spk_page_seconds(page, cpu, "", spk_process_cpu_ns());
    spk_page_number(page, "process_resident_memory_bytes", "gauge", "Resident memory.",
                    spk_process_rss());
    spk_page_number(page, "process_open_fds", "gauge", "Open descriptors.", spk_process_fds());
}
