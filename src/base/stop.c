#include "spk/base/stop.h"

#include "spk/base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

int spk_stop_init(struct spk_stop *stop, struct spk_err *err)
{
    atomic_init(&stop->thrown, false);
    stop->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return stop->fd < 0 ? spk_fail_sys(err, "eventfd") : 0;
}

void spk_stop_done(struct spk_stop *stop)
{
    if (stop->fd >= 0)
        (void)close(stop->fd);
    stop->fd = -1;
}

void spk_stop_throw(struct spk_stop *stop)
{
    int sys = errno;

    atomic_store(&stop->thrown, true);
    if (stop->fd >= 0)
        (void)!write(stop->fd, &(uint64_t){1}, sizeof(uint64_t));
    errno = sys;
}

bool spk_stop_thrown(const struct spk_stop *stop)
{
    return stop && atomic_load(&stop->thrown);
}

bool spk_stop_wait(const struct spk_stop *stop, int64_t ms)
{
    int64_t until = spk_clock_mono_ms() + ms;
    struct pollfd fd = {.fd = stop ? stop->fd : -1, .events = POLLIN};

    while (!spk_stop_thrown(stop)) {
        int64_t left = until - spk_clock_mono_ms();
        if (left <= 0)
            return false;
        (void)poll(&fd, 1, left < 1000 ? (int)left : 1000);
    }
    return true;
}
