#include "webhook/serve_options.h"

#include "spk/base/cleanup.h"
#include "spk/base/limits.h"
#include "webhook/prefix.h"

#include <sched.h>
#include <stddef.h>

static const char *const sources[] = {"files", "self-signed", "managed", NULL};
static const char *const on_invalids[] = {"deny", "warn", NULL};

#define FIELD(member) offsetof(struct spk_serve_options, member)
#define SECONDS       ((int64_t)1000)
#define MINUTE        (60 * SECONDS)
#define HOUR          (60 * MINUTE)
#define TEN_YEARS     (HOUR * 24 * 3653)

static const struct spk_flag flags[] = {
    {.heading = "Listening",
     .name = "secure-port",
     .arg = "PORT",
     .fallback = "9443",
     .help = "port for reviews over HTTPS; 0: the kernel picks one, the first log line says which",
     .type = SPK_FLAG_NUMBER,
     .max = UINT16_MAX,
     .offset = FIELD(secure_port)},
    {.name = "health-port",
     .arg = "PORT",
     .fallback = "8080",
     .help = "port for /healthz, /readyz and /metrics over plain HTTP; 0 as above",
     .type = SPK_FLAG_NUMBER,
     .max = UINT16_MAX,
     .offset = FIELD(health_port)},
    {.name = "bind-address",
     .arg = "ADDRESS",
     .fallback = "0.0.0.0",
     .help = "address to listen on; :: is IPv6 and IPv4",
     .type = SPK_FLAG_ADDRESS,
     .offset = FIELD(bind_address)},
    {.heading = "Certificate",
     .name = "certificates",
     .arg = "files|self-signed|managed",
     .fallback = "files",
     .help =
         "where the server's certificate comes from: files that somebody else renews; "
         "managed, made, kept in a Secret and renewed by the replicas themselves, who also keep "
         "caBundle right; self-signed, made at start and kept in memory, for trying things out",
     .type = SPK_FLAG_WORD,
     .words = sources,
     .offset = FIELD(source)},
    {.name = "tls-cert-file",
     .arg = "FILE",
     .help = "certificate chain, leaf first, PEM",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(tls_cert_file)},
    {.name = "tls-private-key-file",
     .arg = "FILE",
     .help = "the leaf's private key, PEM",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(tls_private_key_file)},
    {.name = "tls-reload-interval",
     .arg = "TIME",
     .fallback = "5s",
     .help = "how often the two files are looked at; a SIGHUP looks at once",
     .type = SPK_FLAG_DURATION,
     .min = 100,
     .max = HOUR,
     .offset = FIELD(tls_reload_ms)},
    {.name = "client-ca-file",
     .arg = "FILE",
     .help = "refuse, in the TLS handshake, clients without a certificate of one of these CAs "
             "(PEM, read at start)",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(client_ca_file)},
    {.name = "ca-file-out",
     .arg = "FILE",
     .help = "with self-signed: write the CA here, for caBundle",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(ca_file_out)},
    {.name = "service-name",
     .arg = "NAME",
     .fallback = "spark-webhook",
     .help = "the Service that the certificate is for (managed, self-signed)",
     .type = SPK_FLAG_NAME,
     .offset = FIELD(service_name)},
    {.name = "namespace",
     .arg = "NAME",
     .fallback = "sparkhook",
     .help = "the namespace of Service and Secret (managed, self-signed)",
     .type = SPK_FLAG_NAME,
     .offset = FIELD(namespace_)},
    {.name = "extra-san",
     .arg = "NAME",
     .help = "one more DNS name or IP address for the certificate; may be repeated (managed, "
             "self-signed)",
     .type = SPK_FLAG_SANS,
     .offset = FIELD(extra_sans)},
    {.name = "kubeconfig",
     .arg = "FILE",
     .help = "with managed: how to reach the API server (default: $KUBECONFIG, else the pod's "
             "service account, else ~/.kube/config)",
     .type = SPK_FLAG_TEXT,
     .offset = FIELD(kubeconfig)},
    {.name = "secret-name",
     .arg = "NAME",
     .fallback = "spark-webhook-certs",
     .help = "with managed: the Secret that keeps CA and certificate",
     .type = SPK_FLAG_OBJECT,
     .offset = FIELD(secret_name)},
    {.name = "webhook-configuration",
     .arg = "NAME",
     .fallback = "zz-spark-webhook",
     .help = "with managed: the MutatingWebhookConfiguration whose caBundle is kept right",
     .type = SPK_FLAG_OBJECT,
     .offset = FIELD(webhook_configuration)},
    {.name = "certificate-duration",
     .arg = "TIME",
     .fallback = "2160h",
     .help = "with managed: validity of a certificate; a new one follows at two thirds of it",
     .type = SPK_FLAG_DURATION,
     .min = MINUTE,
     .max = TEN_YEARS,
     .offset = FIELD(certificate_ms)},
    {.name = "ca-duration",
     .arg = "TIME",
     .fallback = "17520h",
     .help = "with managed: validity of a CA; the next one is made known at two thirds of it",
     .type = SPK_FLAG_DURATION,
     .min = MINUTE,
     .max = TEN_YEARS,
     .offset = FIELD(ca_ms)},
    {.name = "ca-propagation",
     .arg = "TIME",
     .fallback = "60s",
     .help = "with managed: how long a CA is in caBundle before a certificate of it is shown, so "
             "that every API server knows it",
     .type = SPK_FLAG_DURATION,
     .max = HOUR,
     .offset = FIELD(ca_propagation_ms)},
    {.heading = "Annotations",
     .name = "on-invalid",
     .arg = "deny|warn",
     .fallback = "deny",
     .help = "what an annotation that can't be honoured does: deny the pod, or let it pass "
             "unchanged with a warning",
     .type = SPK_FLAG_WORD,
     .words = on_invalids,
     .offset = FIELD(on_invalid)},
    {.name = "on-unknown-field",
     .arg = "deny|warn",
     .fallback = "deny",
     .help = "what a field of an overlay does that Kubernetes 1.36 does not have: deny the pod, or "
             "be left out with a warning",
     .type = SPK_FLAG_WORD,
     .words = on_invalids,
     .offset = FIELD(on_unknown_field)},
    SPK_ANNOTATION_PREFIX_FLAG(FIELD(annotation_prefix)),
    {.heading = "Log", SPK_LOG_FORMAT_FLAG(FIELD(log_format))},
    {SPK_LOG_LEVEL_FLAG(FIELD(log_level))},
    {.heading = "Limits and deadlines",
     .name = "threads",
     .arg = "N",
     .help = "threads that serve HTTPS (default: one for each CPU, at least 2, at most 4)",
     .type = SPK_FLAG_NUMBER,
     .min = 1,
     .max = 64,
     .offset = FIELD(threads)},
    {.name = "max-connections",
     .arg = "N",
     .fallback = "1024",
     .help = "open HTTPS connections",
     .type = SPK_FLAG_NUMBER,
     .min = 1,
     .max = 65536,
     .offset = FIELD(max_connections)},
    {.name = "max-in-flight",
     .arg = "N",
     /* As many as connections: what is being received counts, so with fewer a handful of clients
      * that drip their bodies would turn everybody else away; with as many, dripping ones are
      * evicted first. Memory has its own bound, SPK_BODIES_MAX. */
     .fallback = "1024",
     .help = "requests being received or reviewed at a time; the next is told to come back in a "
             "second",
     .type = SPK_FLAG_NUMBER,
     .min = 1,
     .max = 65536,
     .offset = FIELD(max_in_flight)},
    {.name = "max-body-bytes",
     .arg = "BYTES",
     .fallback = "8Mi",
     .help = "largest review",
     .type = SPK_FLAG_SIZE,
     .min = 1024,
     .max = SPK_BODY_MAX,
     .offset = FIELD(max_body_bytes)},
    {.name = "request-timeout",
     .arg = "TIME",
     .fallback = "10s",
     .help = "from connecting to the first complete request, and for each later one",
     .type = SPK_FLAG_DURATION,
     .min = 100,
     .max = HOUR,
     .offset = FIELD(request_ms)},
    {.name = "idle-timeout",
     .arg = "TIME",
     .fallback = "120s",
     .help = "how long a connection may wait for its next request after a valid one; keep it above "
             "the API server's 90s",
     .type = SPK_FLAG_DURATION,
     .min = 100,
     .max = HOUR,
     .offset = FIELD(idle_ms)},
    {.heading = "Ending",
     .name = "drain-min",
     .arg = "TIME",
     .fallback = "10s",
     .help = "after SIGTERM: how long new connections are still accepted at least",
     .type = SPK_FLAG_DURATION,
     .max = HOUR,
     .offset = FIELD(drain_min_ms)},
    {.name = "drain-timeout",
     .arg = "TIME",
     .fallback = "25s",
     .help = "after SIGTERM: how long reviews in flight are waited for at most",
     .type = SPK_FLAG_DURATION,
     .max = HOUR,
     .offset = FIELD(drain_timeout_ms)},
    {.heading = "Other", .name = "help", .help = "print this", .type = SPK_FLAG_HELP},
};

/* The CPUs that we may run on. Two at least, so that one review of the largest size doesn't keep
 * all others waiting; four at most: they answer far more than an API server asks, and the
 * connection limit is divided among the threads. */
static int64_t default_threads(int64_t max_connections)
{
    cpu_set_t cpus;
    int64_t count = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 4;

    if (count < 2)
        count = 2;
    if (count > 4)
        count = 4;
    return count < max_connections ? count : max_connections;
}

static int needs(struct spk_err *err, const char *flag, const char *source)
{
    return spk_fail(err, SPK_EINVALID, "--%s: needs --certificates=%s", flag, source);
}

static int check_files(const struct spk_serve_options *options, struct spk_err *err)
{
    if (!options->tls_cert_file || !options->tls_private_key_file) {
        return spk_fail(err, SPK_EINVALID,
                        "--%s: missing with --certificates=files; for trying things out without "
                        "files there is --certificates=self-signed",
                        options->tls_cert_file ? "tls-private-key-file" : "tls-cert-file");
    }
    if (options->extra_sans.count)
        return needs(err, "extra-san", "managed or self-signed");
    return 0;
}

static int check_managed(const struct spk_serve_options *options, struct spk_err *err)
{
    if (options->ca_ms < 2 * options->certificate_ms) {
        return spk_fail(err, SPK_EINVALID,
                        "--ca-duration: found %llds, expected at least twice "
                        "--certificate-duration, %llds",
                        (long long)options->ca_ms / 1000,
                        (long long)options->certificate_ms / 1000);
    }
    return 0;
}

static int check_source(const struct spk_serve_options *options, struct spk_err *err)
{
    if (options->source != SPK_SOURCE_FILES && options->tls_cert_file)
        return needs(err, "tls-cert-file", "files");
    if (options->source != SPK_SOURCE_FILES && options->tls_private_key_file)
        return needs(err, "tls-private-key-file", "files");
    if (options->source != SPK_SOURCE_SELF_SIGNED && options->ca_file_out)
        return needs(err, "ca-file-out", "self-signed");
    if (options->source != SPK_SOURCE_MANAGED && options->kubeconfig)
        return needs(err, "kubeconfig", "managed");
    switch (options->source) {
    case SPK_SOURCE_FILES:
        return check_files(options, err);
    case SPK_SOURCE_MANAGED:
        return check_managed(options, err);
    default:
        return 0;
    }
}

static int check_limits(const struct spk_serve_options *options, struct spk_err *err)
{
    if (options->drain_min_ms > options->drain_timeout_ms) {
        return spk_fail(err, SPK_EINVALID,
                        "--drain-min: found %lldms, expected at most --drain-timeout, %lldms",
                        (long long)options->drain_min_ms, (long long)options->drain_timeout_ms);
    }
    if (options->max_connections < options->threads) {
        return spk_fail(err, SPK_EINVALID,
                        "--max-connections: found %lld, expected at least --threads, %lld",
                        (long long)options->max_connections, (long long)options->threads);
    }
    if (options->secure_port != 0 && options->secure_port == options->health_port) {
        return spk_fail(err, SPK_EINVALID,
                        "--health-port: found %lld, expected another than --secure-port",
                        (long long)options->health_port);
    }
    return 0;
}

int spk_serve_options_parse(struct spk_serve_options *out, int argc, char **argv,
                            struct spk_err *err)
{
    int rc;

    *out = (struct spk_serve_options){0};
    rc = spk_flags_parse(out, flags, SPK_LEN(flags), argc, argv, err);
    if (rc)
        return rc;
    if (!out->threads)
        out->threads = default_threads(out->max_connections);
    return check_source(out, err) || check_limits(out, err) ? -1 : 0;
}

void spk_serve_options_help(FILE *to)
{
    (void)fputs("usage: spark-webhook serve [FLAG...]\n\n"
                "Answers the API server's admission reviews over HTTPS.\n\n",
                to);
    spk_flags_help(to, flags, SPK_LEN(flags));
}

const char *spk_source_text(int source)
{
    return sources[source];
}
