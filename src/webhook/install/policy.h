#ifndef SPK_WEBHOOK_INSTALL_POLICY_H
#define SPK_WEBHOOK_INSTALL_POLICY_H
/* `spark-webhook policy`: admission policies. Return: the exit code. */

int spk_policy_main(int argc, char **argv);

#endif
