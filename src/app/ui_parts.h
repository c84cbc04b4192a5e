#ifndef SPK_APP_UI_PARTS_H
#define SPK_APP_UI_PARTS_H
/* What ui.c and ui_ingress.c share. */

#include "spk/app/ui.h"

/* One port of a driver that is to be reached. Texts are borrowed. */
struct spk_ui_port {
    const json_t *options; /* sparkUIOptions, or an element of driverIngressOptions */
    const json_t *users_tls;
    const char *url_format; /* NULL: no Ingress */
    const char *name;
    int port;
    int target;
    char service[64];
    char ingress[64];
};

/* Name, owner, our labels over @users_labels; NULL without memory. */
json_t *spk_ui_metadata(const struct spk_app *app, const char *name, const json_t *users_labels,
                        const json_t *annotations);

/* metadata.name, borrowed; NULL without. */
const char *spk_ui_object_name(const json_t *object);

int spk_ui_ingress(json_t **out, const struct spk_app *app, const struct spk_ui_options *options,
                   const struct spk_ui_port *port, struct spk_err *err)
    __attribute__((warn_unused_result));

void spk_ui_ingress_status(struct spk_app_status *status, const json_t *ingress);

/* The URL that a format means for an application, without its scheme: host, and path from '/' (""
 * for none). Placeholders are {{$appName}}, {{$appNamespace}} and {{$appId}}, with spaces inside at
 * will.
 *
 * SPK_EINVALID for a placeholder that is none, or an URL without a host. */
int spk_ui_url(char host[256], char path[256], const struct spk_app *app, const char *format,
               struct spk_err *err) __attribute__((warn_unused_result));

#endif
