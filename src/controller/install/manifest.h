#ifndef SPK_CONTROLLER_INSTALL_MANIFEST_H
#define SPK_CONTROLLER_INSTALL_MANIFEST_H
/* `spark-controller manifest`: the objects for a cluster, from the texts in objects/. Return: the
 * exit code. */

int spk_controller_manifest_main(int argc, char **argv);

#endif
