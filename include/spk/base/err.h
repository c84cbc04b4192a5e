#ifndef SPK_BASE_ERR_H
#define SPK_BASE_ERR_H
/*
 * Errors. The caller owns a struct spk_err on its stack; the function that knows the facts fills
 * it; functions on the way up may put their context in front. It has a fixed size, so reporting an
 * error never allocates.
 *
 * Functions return 0 when done, -1 when something is broken (see err), and a positive number for
 * an outcome that their header documents and their caller must handle.
 */

enum spk_code {
    SPK_OK,
    SPK_ENOMEM,    /* an allocation failed or a ceiling on memory was reached */
    SPK_ETOOBIG,   /* input above its ceiling */
    SPK_EPARSE,    /* input that is not what it must be */
    SPK_EINVALID,  /* a value that is well-formed and not allowed */
    SPK_EIO,       /* the operating system refused; sys holds errno */
    SPK_EINTERNAL, /* a fault of ours or of a library */
    SPK_CODES
};

struct spk_err {
    enum spk_code code;
    int sys; /* errno with SPK_EIO, else 0 */
    char msg[512];
};

/* Fills @err with a message cut at its size. Always returns -1, to be returned at once. */
int spk_fail(struct spk_err *err, enum spk_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with SPK_EIO, errno, and ": <what errno means>" behind the message. */
int spk_fail_sys(struct spk_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " in front of the message that is there. Always returns -1. */
int spk_fail_in(struct spk_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The class of an error in a word: "out of memory", "too big", … for metrics and logs. */
const char *spk_code_text(enum spk_code code);

#endif
