#ifndef SPK_WEBHOOK_DOCTOR_COMMAND_H
#define SPK_WEBHOOK_DOCTOR_COMMAND_H
/*
 * Commands to be copied from an advice. They are made of what is known of an installation, and
 * never install another image or another instance than there is.
 */

#include "webhook/doctor/facts.h"

/* The longest: nine flags, five of which carry a name. */
#define SPK_COMMAND_MAX 2048

struct spk_command {
    char text[SPK_COMMAND_MAX];
};

/* "spark-webhook manifest --namespace=... | kubectl apply -f -", where the Deployment is there to
 * be read; else words that ask for the command that was used. */
struct spk_command spk_command_again(const struct spk_facts *facts);

/* The same where nothing is installed: the image is left to the reader. */
struct spk_command spk_command_install(const struct spk_facts *facts);

/* "spark-webhook policy --name=... | kubectl apply -f -" */
struct spk_command spk_command_policy(const struct spk_facts *facts);

/* The image of manifest that no registry has? */
bool spk_command_is_default_image(const char *image);

#endif
