#ifndef SPK_WEBHOOK_INSTALL_MANIFEST_H
#define SPK_WEBHOOK_INSTALL_MANIFEST_H
/* `spark-webhook manifest`: the objects for a cluster. Return: the exit code. */

int spk_manifest_main(int argc, char **argv);

#endif
