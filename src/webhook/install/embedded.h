#ifndef SPK_WEBHOOK_INSTALL_EMBEDDED_H
#define SPK_WEBHOOK_INSTALL_EMBEDDED_H
/* The files of objects/ and chart/, in the program: cmake/embed.cmake. */

struct spk_embedded {
    const char *name; /* "objects/30-deployment.yaml" */
    const char *text;
};

/* In the order of their names; the last one has no name. */
extern const struct spk_embedded spk_embedded[];

#endif
