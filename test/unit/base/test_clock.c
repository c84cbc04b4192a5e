#include "spk/base/clock.h"

#include "../suite.h"

#include <stdio.h>
#include <time.h>

static const struct {
    const char *text;
    int64_t ms; /* -1: not a duration */
} rows[] = {
    {"0", 0},
    {"0s", 0},
    {"10s", 10000},
    {"5s", 5000},
    {"1m30s", 90000},
    {"1h0m0s", 3600000},
    {"2h45m30.5s", 9930500},
    {"1.5h", 5400000},
    {"250ms", 250},
    {"999us", 0},
    {"1500us", 1},
    {"1500\u00b5s", 1},
    {"999999ns", 0},
    {"1000000ns", 1},
    {"0.999999s", 999},
    {".5s", 500},
    {"1.s", 1000},
    {"4.35s", 4350},
    {"9.984s", 9984},
    {"29.999999999s", 29999},
    {"0.1000000000000000000000000000000000000000000000000000000000000s", 100},
    {"2501999792h", 9007199251200000},
    {"2501999793h", -1},
    {"99999999999999999999h", -1},
    {"", -1},
    {"s", -1},
    {".s", -1},
    {"1", -1},
    {"00", -1},
    {"10", -1},
    {"1.2.3s", -1},
    {"-1s", -1},
    {"+1s", -1},
    {"1s ", -1},
    {" 1s", -1},
    {"1d", -1},
    {"1S", -1},
    {"1m30", -1},
    {"1e3s", -1},
};

START_TEST(durations)
{
    int64_t ms = 77;
    bool ok = spk_duration_parse(&ms, spk_str(rows[_i].text));

    ck_assert_msg(ok == (rows[_i].ms >= 0), "%s: %d", rows[_i].text, ok);
    ck_assert_msg(ms == (ok ? rows[_i].ms : 77), "%s: %lld", rows[_i].text, (long long)ms);
}
END_TEST

/* As Go prints whole milliseconds below a minute: with up to three decimals. */
START_TEST(every_millisecond_of_a_minute)
{
    for (int64_t ms = 1000; ms < 60000; ms++) {
        char text[32];
        int64_t got = -1;
        (void)snprintf(text, sizeof(text), "%d.%03ds", (int)(ms / 1000), (int)(ms % 1000));
        ck_assert(spk_duration_parse(&got, spk_str(text)));
        ck_assert_msg(got == ms, "%s: %lld", text, (long long)got);
    }
}
END_TEST

START_TEST(decimals_without_end)
{
    char text[2000] = "1.";
    int64_t ms = 0;

    memset(text + 2, '0', 1500);
    (void)snprintf(text + 1502, 10, "9s");
    ck_assert(spk_duration_parse(&ms, spk_str(text)));
    ck_assert_int_eq(ms, 1000);
}
END_TEST

START_TEST(clocks_run)
{
    int64_t ns = spk_clock_mono_ns();
    int64_t ms = spk_clock_mono_ms();

    ck_assert_int_ge(ms, ns / 1000000);
    ck_assert_int_le(ms - ns / 1000000, 5000);
    ck_assert_int_ge(spk_clock_mono_ns(), ns);
    ck_assert_int_le(llabs(spk_clock_wall_ms() - (int64_t)time(NULL) * 1000), 5000);
}
END_TEST

static const struct {
    const char *text;
    int64_t wall_s; /* -1: it is none */
} times[] = {
    {"2026-01-01T00:00:00Z", 1767225600},
    {"2026-01-01T00:00:00.123456Z", 1767225600},
    {"2026-01-01T01:30:00+01:30", 1767225600},
    {"2025-12-31T23:00:00.5-01:00", 1767225600},
    {"1970-01-01T00:00:00Z", 0},
    {"2026-01-01T00:00:00", -1},
    {"2026-01-01 00:00:00Z", -1},
    {"2026-01-01T00:00:00ZZ", -1},
    {"2026-01-01T00:00:00+1", -1},
    {"2026-01-01T00:00:00+01:00x", -1},
    {"soon", -1},
    {"", -1},
    {"2026-01-01T00:00:00.0000000000000000000000000000000000000000000000000Z", -1},
};

START_TEST(a_time_is_read)
{
    int64_t wall_s = -1;
    bool read = spk_clock_parse(&wall_s, spk_str(times[_i].text));

    ck_assert_msg(read == (times[_i].wall_s >= 0), "%s", times[_i].text);
    ck_assert_msg(wall_s == times[_i].wall_s, "%s: %lld", times[_i].text, (long long)wall_s);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("clock");

    ADD_ROWS(tcase, durations, rows);
    tcase_add_test(tcase, every_millisecond_of_a_minute);
    tcase_add_test(tcase, decimals_without_end);
    tcase_add_test(tcase, clocks_run);
    ADD_ROWS(tcase, a_time_is_read, times);
    return run_case("clock", tcase);
}
