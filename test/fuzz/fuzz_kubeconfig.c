/* A kubeconfig is read or refused with the file's name; what is read has what it must have. */

#include "fuzz.h"

#include "spk/kube/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spk_str text = {(const char *)data, size};
    struct spk_kube_file files[] = {{"/f/one", {text.ptr, size / 2}}, {"two", text}};
    struct spk_kube_config config = {0};
    struct spk_err err = {0};

    if (spk_kube_config_parse(&config, files + 1, 1, NULL, &err)) {
        MUST(strstr(err.msg, "two") && err.code != SPK_OK && !config.server);
    } else {
        MUST(config.server && config.context && config.namespace_name);
        MUST(!config.exec.command || config.exec.api_version);
        spk_kube_config_done(&config);
    }
    config = (struct spk_kube_config){0};
    if (spk_kube_config_parse(&config, files, 2, "x", &err) == 0)
        spk_kube_config_done(&config);
    return 0;
}
