#ifndef SPK_BASE_CLEANUP_H
#define SPK_BASE_CLEANUP_H
/* Resources that free themselves at the end of their scope, and the way to let one escape. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void spk_cleanup_free(void *ptr)
{
    free(*(void **)ptr);
}

static inline void spk_cleanup_close(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static inline void spk_cleanup_fclose(FILE **file)
{
    if (*file)
        (void)fclose(*file);
}

#define SPK_CLEANUP(function) __attribute__((cleanup(function)))
#define SPK_AUTOFREE          SPK_CLEANUP(spk_cleanup_free)
#define SPK_AUTOCLOSE         SPK_CLEANUP(spk_cleanup_close)
#define SPK_AUTOFCLOSE        SPK_CLEANUP(spk_cleanup_fclose)

/* Takes the value of a pointer variable and leaves NULL there. */
#define SPK_STEAL(ptr)               \
    __extension__({                  \
        __auto_type stolen_ = (ptr); \
        (ptr) = NULL;                \
        stolen_;                     \
    })

/* Takes a descriptor and leaves -1 there. */
static inline int spk_steal_fd(int *fd)
{
    int stolen = *fd;

    *fd = -1;
    return stolen;
}

#define SPK_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif
