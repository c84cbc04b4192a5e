#ifndef SPK_CLI_IMAGE_H
#define SPK_CLI_IMAGE_H
/* References to images, as a manifest takes them. */

#include "spk/base/str.h"

/* What is wrong with one, in words to follow "expected": NULL when nothing is. @text is terminated.
 * Spec: distribution/reference regexp.go, normalize.go */
const char *spk_image_fault(struct spk_str text);

#endif
