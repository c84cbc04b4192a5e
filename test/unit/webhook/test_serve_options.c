#include "webhook/serve_options.h"

#include "spk/base/cleanup.h"
#include "spk/base/log.h"

#include <check.h>
#include <string.h>

#define ARGS_MAX 8

/* Enough for --certificates=files. */
#define FILES "--tls-cert-file=c", "--tls-private-key-file=k"

static int parse(struct spk_serve_options *options, const char *const *args, struct spk_err *err)
{
    static char copies[ARGS_MAX + 1][128] = {"serve"}; /* options point into them */
    char *argv[ARGS_MAX + 2] = {copies[0]};
    int argc = 1;

    *err = (struct spk_err){0};
    for (; argc <= ARGS_MAX && args[argc - 1]; argc++) {
        (void)snprintf(copies[argc], sizeof(copies[argc]), "%s", args[argc - 1]);
        argv[argc] = copies[argc];
    }
    return spk_serve_options_parse(options, argc, argv, err);
}

static const struct {
    const char *name;
    const char *args[ARGS_MAX];
    const char *expect[3]; /* parts of the message */
} refused[] = {
    {"unknown flag", {FILES, "--secure-prot=1"}, {"'--secure-prot'", "--secure-port"}},
    {"nothing near", {FILES, "--zzzzzzzzzzzz"}, {"unknown flag '--zzzzzzzzzzzz'"}},
    {"short flag", {FILES, "-p"}, {"unknown flag '-p'"}},
    {"a beginning", {FILES, "--secure=1"}, {"unknown flag '--secure'"}},
    {"a beginning, apart", {FILES, "--secure-por", "1"}, {"unknown flag '--secure-por'"}},
    {"positional", {FILES, "x"}, {"unexpected argument 'x'"}},
    {"no value", {FILES, "--secure-port"}, {"--secure-port", "found nothing", "PORT"}},
    {"port too high", {FILES, "--secure-port=65536"}, {"--secure-port", "65536", "0 to 65535"}},
    {"port no number", {FILES, "--health-port=http"}, {"--health-port", "http", "0 to 65535"}},
    {"port with sign", {FILES, "--health-port=-1"}, {"--health-port", "-1"}},
    {"port with blank", {FILES, "--health-port= 1"}, {"--health-port"}},
    {"port empty", {FILES, "--health-port="}, {"--health-port", "''"}},
    {"number overflows", {FILES, "--threads=99999999999999999999"}, {"--threads", "1 to 64"}},
    {"no threads", {FILES, "--threads=0"}, {"--threads", "1 to 64"}},
    {"same ports", {FILES, "--secure-port=80", "--health-port=80"}, {"--health-port", "80"}},
    {"address", {FILES, "--bind-address=localhost"}, {"--bind-address", "localhost", "IP"}},
    {"source", {"--certificates=magic"}, {"--certificates", "magic", "files|self-signed"}},
    {"file and managed",
     {"--certificates=managed", "--tls-cert-file=x"},
     {"--tls-cert-file", "--certificates=files"}},
    {"kubeconfig and files", {"--kubeconfig=x"}, {"--kubeconfig", "--certificates=managed"}},
    {"CA too short",
     {"--certificates=managed", "--ca-duration=100h"},
     {"--ca-duration", "360000s", "7776000s"}},
    {"no such Secret name", {"--secret-name=A_b"}, {"--secret-name", "A_b"}},
    {"no files", {NULL}, {"--tls-cert-file", "--certificates=self-signed"}},
    {"no key", {"--tls-cert-file=c"}, {"--tls-private-key-file"}},
    {"empty file", {"--tls-cert-file="}, {"--tls-cert-file", "empty"}},
    {"files and ca out", {FILES, "--ca-file-out=x"}, {"--ca-file-out", "self-signed"}},
    {"files and san", {FILES, "--extra-san=x"}, {"--extra-san", "self-signed"}},
    {"self-signed and file", {FILES, "--certificates=self-signed"}, {"--tls-cert-file", "files"}},
    {"san", {"--certificates=self-signed", "--extra-san=a b"}, {"--extra-san", "a b", "DNS"}},
    {"san empty label", {"--certificates=self-signed", "--extra-san=a..b"}, {"--extra-san"}},
    {"service", {"--certificates=self-signed", "--service-name=A"}, {"--service-name", "'A'"}},
    {"namespace", {"--certificates=self-signed", "--namespace=a.b"}, {"--namespace", "'a.b'"}},
    {"prefix with slash",
     {FILES, "--annotation-prefix=a.example/"},
     {"--annotation-prefix", "without the slash"}},
    {"prefix of Kubernetes",
     {FILES, "--annotation-prefix=node.k8s.io"},
     {"--annotation-prefix", "node.k8s.io"}},
    {"prefix of 2018",
     {FILES, "--annotation-prefix=sparkoperator.k8s.io"},
     {"--annotation-prefix", "spark-operator"}},
    {"on-invalid", {FILES, "--on-invalid=ignore"}, {"--on-invalid", "ignore", "deny|warn"}},
    {"format", {FILES, "--log-format=xml"}, {"--log-format", "xml", "json|text"}},
    {"level", {FILES, "--log-level=loud"}, {"--log-level", "loud", "debug|info|warn|error"}},
    {"body above", {FILES, "--max-body-bytes=9Mi"}, {"--max-body-bytes", "9Mi", "8388608"}},
    {"body below", {FILES, "--max-body-bytes=1"}, {"--max-body-bytes", "1024"}},
    {"body unit", {FILES, "--max-body-bytes=8MB"}, {"--max-body-bytes", "8MB"}},
    {"body overflow", {FILES, "--max-body-bytes=9000000000000000000Mi"}, {"--max-body-bytes"}},
    {"no duration", {FILES, "--request-timeout=10"}, {"--request-timeout", "'10'", "10s"}},
    {"duration below", {FILES, "--request-timeout=1ms"}, {"--request-timeout", "100ms"}},
    {"duration above", {FILES, "--idle-timeout=2h"}, {"--idle-timeout", "3600s"}},
    {"drain", {FILES, "--drain-min=26s"}, {"--drain-min", "26000ms", "--drain-timeout"}},
    {"connections", {FILES, "--threads=4", "--max-connections=3"}, {"--max-connections", "4"}},
};

START_TEST(refuses)
{
    struct spk_serve_options options;
    struct spk_err err;

    ck_assert_msg(parse(&options, refused[_i].args, &err) == -1, "%s", refused[_i].name);
    ck_assert_msg(err.code == SPK_EINVALID, "%s: code %d", refused[_i].name, (int)err.code);
    for (size_t i = 0; i < SPK_LEN(refused[_i].expect) && refused[_i].expect[i]; i++) {
        ck_assert_msg(strstr(err.msg, refused[_i].expect[i]) != NULL, "%s: no '%s' in '%s'",
                      refused[_i].name, refused[_i].expect[i], err.msg);
    }
}
END_TEST

START_TEST(defaults)
{
    const char *const args[ARGS_MAX] = {FILES};
    struct spk_serve_options options;
    struct spk_err err;

    ck_assert_msg(parse(&options, args, &err) == 0, "%s", err.msg);
    ck_assert_int_eq(options.secure_port, 9443);
    ck_assert_int_eq(options.health_port, 8080);
    ck_assert_str_eq(options.bind_address, "0.0.0.0");
    ck_assert_int_eq(options.source, SPK_SOURCE_FILES);
    ck_assert_str_eq(options.annotation_prefix, "spark-operator.k8s.io");
    ck_assert_int_eq(options.on_invalid, SPK_ON_INVALID_DENY);
    ck_assert_int_eq(options.log_format, SPK_LOG_JSON);
    ck_assert_int_eq(options.log_level, SPK_LOG_INFO);
    ck_assert_int_ge(options.threads, 2);
    ck_assert_int_le(options.threads, 4);
    ck_assert_int_eq(options.max_connections, 1024);
    ck_assert_int_eq(options.max_in_flight, 1024);
    ck_assert_int_eq(options.max_body_bytes, 8 * 1024 * 1024);
    ck_assert_int_eq(options.request_ms, 10000);
    ck_assert_int_eq(options.idle_ms, 120000);
    ck_assert_int_eq(options.drain_min_ms, 10000);
    ck_assert_int_eq(options.drain_timeout_ms, 25000);
    ck_assert_int_eq(options.tls_reload_ms, 5000);
    ck_assert_str_eq(options.service_name, "spark-webhook");
    ck_assert_str_eq(options.namespace_, "sparkhook");
}
END_TEST

START_TEST(values)
{
    const char *const args[ARGS_MAX] = {"--certificates=self-signed",
                                        "--extra-san=*.a.b",
                                        "--extra-san",
                                        "::2",
                                        "--max-body-bytes=64Ki",
                                        "--idle-timeout=1m30s",
                                        "--log-level=debug",
                                        "--bind-address=::"};
    struct spk_serve_options options;
    struct spk_err err;

    ck_assert_msg(parse(&options, args, &err) == 0, "%s", err.msg);
    ck_assert_uint_eq(options.extra_sans.count, 2);
    ck_assert_str_eq(options.extra_sans.items[1], "::2");
    ck_assert_int_eq(options.max_body_bytes, 65536);
    ck_assert_int_eq(options.idle_ms, 90000);
    ck_assert_int_eq(options.log_level, SPK_LOG_DEBUG);
    ck_assert_str_eq(options.bind_address, "::");
    ck_assert_str_eq(spk_source_text(options.source), "self-signed");
}
END_TEST

START_TEST(the_last_of_two_counts)
{
    const char *const args[ARGS_MAX] = {FILES, "--threads=3", "--threads=1", "--max-connections=1"};
    struct spk_serve_options options;
    struct spk_err err;

    ck_assert_msg(parse(&options, args, &err) == 0, "%s", err.msg);
    ck_assert_int_eq(options.threads, 1);
}
END_TEST

START_TEST(few_connections_mean_few_threads)
{
    const char *const args[ARGS_MAX] = {FILES, "--max-connections=1"};
    struct spk_serve_options options;
    struct spk_err err;

    ck_assert_msg(parse(&options, args, &err) == 0, "%s", err.msg);
    ck_assert_int_eq(options.threads, 1);
}
END_TEST

START_TEST(help_is_asked_for)
{
    const char *const args[ARGS_MAX] = {"--help", "--nonsense"};
    const char *const brief[ARGS_MAX] = {"-h"};
    struct spk_serve_options options;
    struct spk_err err;

    ck_assert_int_eq(parse(&options, args, &err), 1);
    ck_assert_int_eq(parse(&options, brief, &err), 1);
}
END_TEST

/* The tables of words stand for the enums of base. */
START_TEST(words_mean_what_base_means)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    static const char *const formats[] = {"json", "text"};
    char arg[64];
    const char *args[ARGS_MAX] = {FILES, arg};
    struct spk_serve_options options;
    struct spk_err err;

    for (size_t i = 0; i < SPK_LEN(levels); i++) {
        enum spk_log_level level;
        (void)snprintf(arg, sizeof(arg), "--log-level=%s", levels[i]);
        ck_assert_int_eq(parse(&options, args, &err), 0);
        ck_assert(spk_log_level_parse(&level, levels[i]));
        ck_assert_int_eq(options.log_level, (int)level);
    }
    for (size_t i = 0; i < SPK_LEN(formats); i++) {
        enum spk_log_format format;
        (void)snprintf(arg, sizeof(arg), "--log-format=%s", formats[i]);
        ck_assert_int_eq(parse(&options, args, &err), 0);
        ck_assert(spk_log_format_parse(&format, formats[i]));
        ck_assert_int_eq(options.log_format, (int)format);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("serve_options");
    TCase *tcase = tcase_create("serve_options");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, refuses, 0, SPK_LEN(refused));
    tcase_add_test(tcase, defaults);
    tcase_add_test(tcase, values);
    tcase_add_test(tcase, the_last_of_two_counts);
    tcase_add_test(tcase, few_connections_mean_few_threads);
    tcase_add_test(tcase, help_is_asked_for);
    tcase_add_test(tcase, words_mean_what_base_means);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
