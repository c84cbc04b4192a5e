#ifndef SPK_WEBHOOK_SERVE_OPTIONS_H
#define SPK_WEBHOOK_SERVE_OPTIONS_H
/* What `spark-webhook serve` can be told. */

#include "spk/base/err.h"
#include "spk/cli/flags.h"

#include <stdint.h>

/* --certificates */
enum spk_source { SPK_SOURCE_FILES, SPK_SOURCE_SELF_SIGNED, SPK_SOURCE_MANAGED };

/* --on-invalid */
enum spk_on_invalid { SPK_ON_INVALID_DENY, SPK_ON_INVALID_WARN };

struct spk_serve_options {
    int64_t secure_port; /* 0: the kernel picks one */
    int64_t health_port;
    const char *bind_address;

    int source; /* enum spk_source */
    const char *tls_cert_file;
    const char *tls_private_key_file;
    const char *client_ca_file;
    int64_t tls_reload_ms;
    const char *ca_file_out;
    const char *service_name;
    const char *namespace_;
    struct spk_flag_list extra_sans;
    const char *kubeconfig; /* NULL: the pod's service account */
    const char *secret_name;
    const char *webhook_configuration;
    int64_t certificate_ms; /* validity of what is made */
    int64_t ca_ms;
    int64_t ca_propagation_ms;

    const char *annotation_prefix; /* without the slash */
    int on_invalid;                /* enum spk_on_invalid */
    int on_unknown_field;          /* enum spk_on_invalid */
    int log_format;                /* enum spk_log_format */
    int log_level;                 /* enum spk_log_level */

    int64_t threads;
    int64_t max_connections;
    int64_t max_in_flight;
    int64_t max_body_bytes;
    int64_t request_ms;
    int64_t idle_ms;
    int64_t drain_min_ms;
    int64_t drain_timeout_ms;
};

/**
 * spk_serve_options_parse() - read and check the arguments of `spark-webhook serve`
 * @out: filled also on failure, as far as it went
 * @err: SPK_EINVALID names the flag, what was found, what was expected and what to do
 *
 * Return: 0, 1 when --help was asked for, or -1
 */
int spk_serve_options_parse(struct spk_serve_options *out, int argc, char **argv,
                            struct spk_err *err) __attribute__((warn_unused_result));

void spk_serve_options_help(FILE *to);

/* The word for --certificates. */
const char *spk_source_text(int source);

#endif
