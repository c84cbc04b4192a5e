#ifndef SPK_WEBHOOK_DOCTOR_DOCTOR_H
#define SPK_WEBHOOK_DOCTOR_DOCTOR_H
/* `spark-webhook doctor`: what is wrong with an installation. Return: the exit code. */

int spk_doctor_main(int argc, char **argv);

#endif
