/*
 * Landlock.
 * Spec: linux Documentation/userspace-api/landlock.rst, include/uapi/linux/landlock.h
 */
#include "runner_parts.h"

#include "spk/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Of a later version than the headers may be (ABI 3). */
#define ACCESS_TRUNCATE (1ULL << 14)

#define READ \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE                                                                                     \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                              \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM |  \
     LANDLOCK_ACCESS_FS_REFER | ACCESS_TRUNCATE)
#define NEVER (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)
/* What means something for a file that is no folder. */
#define OF_FILES                                                                                 \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
     ACCESS_TRUNCATE)

/* What any program needs, a JVM, bash and libc's resolver among them; what is not there is passed
 * over. Nothing below /etc, /var and /run that could be the controller's own. */
static const char *const readable[] = {
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/crypto-policies",
    "/etc/gai.conf",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/java",
    "/etc/java-8-openjdk",
    "/etc/java-11-openjdk",
    "/etc/java-17-openjdk",
    "/etc/java-21-openjdk",
    "/etc/java-25-openjdk",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/pki",
    "/etc/resolv.conf",
    "/etc/ssl/certs",
    "/etc/timezone",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",
    /* Other processes' files in it are closed by Landlock itself, as tracing them is. */
    "/proc",
    "/sys/devices/system",
    "/sys/fs/cgroup",
};

static uint64_t known_to(long version)
{
    uint64_t known = READ | WRITE | NEVER;

    if (version < 2)
        known &= ~(uint64_t)LANDLOCK_ACCESS_FS_REFER;
    if (version < 3)
        known &= ~ACCESS_TRUNCATE;
    return known;
}

static int allow(int fence, const char *path, uint64_t access, struct spk_err *err)
{
    SPK_AUTOCLOSE int fd = open(path, O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
    struct stat stat;

    if (fd < 0 || fstat(fd, &stat))
        return errno == ENOENT || errno == EACCES ? 0 : spk_fail_sys(err, "%s", path);
    if (!S_ISDIR(stat.st_mode))
        rule.allowed_access &= OF_FILES;
    if (syscall(SYS_landlock_add_rule, fence, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
        return spk_fail_sys(err, "landlock_add_rule: %s", path);
    return 0;
}

static int allow_all(int fence, const char *folder, const char *const homes[], uint64_t known,
                     struct spk_err *err)
{
    uint64_t all = known & (READ | WRITE);

    for (size_t i = 0; i < SPK_LEN(readable); i++) {
        if (allow(fence, readable[i], READ, err))
            return -1;
    }
    for (; *homes; homes++) {
        if (allow(fence, *homes, READ, err))
            return -1;
    }
    return allow(fence, folder, all, err) || allow(fence, "/dev/null", all, err) ? -1 : 0;
}

int spk_runner_fence(int *out, const struct spk_runner_folder *folder, const char *const homes[],
                     struct spk_err *err)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct landlock_ruleset_attr handled = {.handled_access_fs = known_to(version)};
    SPK_AUTOCLOSE int fd = -1;

    *out = -1;
    if (version < 1)
        return 0;
    fd = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
    if (fd < 0)
        return spk_fail_sys(err, "landlock_create_ruleset");
    if (allow_all(fd, folder->path, homes, handled.handled_access_fs, err))
        return -1;
    *out = spk_steal_fd(&fd);
    return 0;
}

bool spk_runner_fenced(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}
