#ifndef SPK_APP_UI_H
#define SPK_APP_UI_H
/* The Service and the Ingress in front of a driver's web UI, and of its other ports. */

#include "spk/app/application.h"
#include "spk/base/err.h"

#include <jansson.h>
#include <stdbool.h>

struct spk_ui_options {
    const char *service_type;       /* "ClusterIP", "NodePort", "LoadBalancer" */
    const char *ingress_url_format; /* "{{$appName}}.example.com/{{$appNamespace}}"; NULL: none */
    const char *ingress_class;      /* may be NULL */
    /* Where the application does not say; borrowed, may be NULL: */
    const json_t *ingress_annotations; /* {name: text} */
    const json_t *ingress_tls;         /* [networking.k8s.io/v1 IngressTLS] */
};

/* "<app>-ui-svc", or shortened with a hash to 63 characters; suffix "ui-ingress", "ing-8080". */
int spk_ui_name(char out[64], const struct spk_app *app, const char *suffix, struct spk_err *err)
    __attribute__((warn_unused_result));

/* The path below which an Ingress offers the UI, for spark.ui.proxyBase. Return: 0; 1 when there is
 * none, or it has {{$appId}}, which a run gets only as it starts; -1 as spk_ui_objects(). */
int spk_ui_proxy_base(char out[256], const struct spk_app *app,
                      const struct spk_ui_options *options, struct spk_err *err)
    __attribute__((warn_unused_result));

/* Objects to be there while a driver is: an array of Service and Ingress, owned by the application,
 * labelled with its submission. The first is the UI's Service. */
int spk_ui_objects(json_t **out, const struct spk_app *app, const struct spk_ui_options *options,
                   struct spk_err *err) __attribute__((warn_unused_result));

/* Fills status.driver's ui_* and ingress* from the objects as the API server has stored them. */
void spk_ui_status(struct spk_app_status *status, const json_t *service, const json_t *ingress);

#endif
