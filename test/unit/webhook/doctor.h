#ifndef SPK_TEST_DOCTOR_H
#define SPK_TEST_DOCTOR_H
/* What the doctor's tests share: facts out of texts, about one instance. */

#include "../suite.h"
#include "webhook/doctor/facts.h"

#define NOW 1800000000

static const struct spk_doctor_options options = {
    .namespace_ = "ns",
    .name = "w",
    .service_name = "w",
    .webhook_configuration = "zz-w",
    .secret_name = "w-certs",
    .controller_name = "c",
    .controller_namespace = "ns",
};

/* NULL: 404. */
static inline struct spk_fact fact(const char *text)
{
    struct spk_fact it = {.status = 404};

    if (!text)
        return it;
    it.object = json_loads(text, 0, NULL);
    ck_assert_msg(it.object != NULL, "%s", text);
    it.status = 200;
    return it;
}

#endif
