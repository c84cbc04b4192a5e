#ifndef SPK_BASE_LIMITS_H
#define SPK_BASE_LIMITS_H
/*
 * Every ceiling of the program, with its reason. Nothing that a request, a file or a peer can
 * make grow is without one. Sizes are bytes, times are seconds unless the name says otherwise.
 */

#include <stddef.h>

/* The API server accepts 3 MiB per object (apiserver pkg/server/config.go MaxRequestBodyBytes);
 * a review may carry object and oldObject, plus the envelope. */
#define SPK_BODY_MAX ((size_t)8 * 1024 * 1024)

/* First allocation for a body: a real review of a Spark pod has 5 to 11 KB (test/corpus). */
#define SPK_BODY_FIRST ((size_t)16 * 1024)

/* Bodies that are being received or reviewed, all together. Above it a request is told to come
 * back (503 with Retry-After): 64 MiB is eight of the largest or 8,000 usual ones. */
#define SPK_BODIES_MAX ((size_t)64 * 1024 * 1024)

/* What jansson may allocate for one tree, counted without what it frees meanwhile. A usual review
 * costs 10 times its bytes; "[[],[],…" would cost 40 times and is what this stops. */
#define SPK_TREE_MAX (16 * SPK_BODY_MAX)

/* Memory of one review beside its tree: below 64 bytes per element of a list, of which a tree
 * inside SPK_TREE_MAX has at most half a million. */
#define SPK_ARENA_MAX ((size_t)64 * 1024 * 1024)

/* Annotations of ours on one pod, and list items in one of them. A pod has at most 256 KiB of
 * annotations (apimachinery ValidateAnnotationsSize), but that is checked after admission, and
 * checking every wish against every other one is quadratic. */
#define SPK_ANNOTATIONS_MAX 256
#define SPK_WISHES_MAX      256

/* An overlay: all annotations of a pod have 256 KiB, and one that a person wrote has 1 or 2 KB. Its
 * depth needs no ceiling of its own: what is deeper than a pod can be is refused on the way down.
 */
#define SPK_OVERLAY_MAX ((size_t)64 * 1024)

/* Elements of all lists of an overlay, and how many of them, times the elements that they might be
 * among the pod's, are compared: a pod that is still to be validated may have half a million, and
 * a comparison takes a tenth of a microsecond, or three when they are many. */
#define SPK_OVERLAY_ELEMENTS_MAX 1024
#define SPK_OVERLAY_PAIRS_MAX    250000

/* Values of a pod's spec that is copied to be changed: at most 240 bytes each, which come on top of
 * SPK_TREE_MAX. A pod that the API server can store (1.5 MiB) has fewer, and a usual one 500. */
#define SPK_COPY_VALUES_MAX 100000

/* Names tried for one volume, where a pod uses them for something else: someone who takes four of
 * them on purpose is told so. */
#define SPK_VOLUME_TRIES 4

/* Findings that one denial lists; the rest is counted. */
#define SPK_FAULTS_MAX 32

/* Legal lengths of names (apimachinery pkg/util/validation). */
#define SPK_SUBDOMAIN_MAX 253
#define SPK_LABEL_MAX     63

/* A mount path is used by mount(2): PATH_MAX with its terminator. */
#define SPK_PATH_MAX 4095

/* Warnings: the API server passes up to 4,096 runes in all unharmed; beyond that it cuts each to
 * 256 and drops the rest (apiserver pkg/endpoints/filters/warning.go). */
#define SPK_WARNING_RUNES_MAX  256
#define SPK_WARNINGS_RUNES_MAX 4096

/* A denial's message ends up in spark-submit's output: enough for a dozen findings. */
#define SPK_MESSAGE_MAX 4096

/* An audit annotation's value goes into every audit event of the request. */
#define SPK_AUDIT_VALUE_MAX 1024

/* How much of a user's text one message quotes. */
#define SPK_QUOTE_MAX 120

/* One log line: written by one write(2), so that lines of threads never mix (PIPE_BUF is 4,096,
 * a line above it may be split by a slow reader but not by us). */
#define SPK_LOG_LINE_MAX 8192

/* One text of a log line, as it is written: a legal name has 253 bytes at most. Five of them, the
 * numbers and half a denial's message fit into a line. */
#define SPK_LOG_VALUE_MAX 1024

/* Nodes of a YAML document after its aliases, each of which may stand for a whole tree, and their
 * depth (a Pod is not 30 deep; the tree is walked recursively). */
#define SPK_YAML_NODES_MAX   500000
#define SPK_YAML_DEPTH_MAX   200
#define SPK_YAML_ANCHORS_MAX 1000

/* SANs of one server certificate: those of the Service, and 32 that a flag may add (flags.h). */
#define SPK_PKI_NAMES_MAX 40

/* Certificates of one bundle: a CA, its successor, predecessors whose leaves may still be in use,
 * and as many of somebody else's, which are left in caBundle for a while. */
#define SPK_PKI_BUNDLE_MAX 64

/* Predecessors that are kept. There is one more each time that a CA is lost before its end. */
#define SPK_ROTATION_OLD_MAX 12

/* PEM of a bundle: a certificate of ours has 700 bytes, one with an RSA key of 4096 bits 2,000. */
#define SPK_PKI_PEM_MAX ((size_t)64 * 1024)

/* A file given by a flag: certificates and keys are a few KB, an offline review is a body. */
#define SPK_FILE_MAX SPK_BODY_MAX

/* What the API server answers. A page of a list: 500 pods of 10 KB, and room; etcd holds at most
 * 1.5 MiB an object. What does not fit is asked for in smaller pages. */
#define SPK_ANSWER_MAX ((size_t)16 * 1024 * 1024)

/* The header of an answer: what the API server sends has 1 KB. */
#define SPK_ANSWER_HEADER_MAX ((size_t)256 * 1024)

/* A line of a watch is an event with one object. */
#define SPK_LINE_MAX SPK_BODY_MAX

/* Lines of one watch that have come and are not read yet: 3,000 usual ones. Above it the reader is
 * too slow, and is better off with a new list. */
#define SPK_STREAM_MAX (4 * SPK_LINE_MAX)

/* How often one call is sent, where the server says when to come again. client-go has 10 retries
 * (rest/request.go). */
#define SPK_KUBE_TRIES 10

/* A path of the API with its query: a list's continue token has some hundred bytes, a selector may
 * be long. */
#define SPK_KUBE_PATH_MAX ((size_t)64 * 1024)

/* Pages of one list: five million objects in pages of 500. A server that always promises one more
 * would be asked for ever. */
#define SPK_KUBE_PAGES_MAX 10000

/* Namespaces that are watched one by one, with two or three threads each; more are better watched
 * all together. */
#define SPK_NAMESPACES_MAX 64

/* Events that wait to be sent, of 1 KB each: as many as a thousand applications have in their first
 * minute. */
#define SPK_EVENTS_MAX 4096

/* Files that $KUBECONFIG may name. */
#define SPK_KUBECONFIG_FILES 32

/* A token: those of service accounts have 1 KB, those of clouds up to 10 KB; the API server's
 * header may have 1 MiB. */
#define SPK_TOKEN_MAX ((size_t)64 * 1024)

/* What a credential plugin may print, its certificates and all. */
#define SPK_PLUGIN_OUTPUT_MAX ((size_t)1024 * 1024)

/* A file of Java properties: spark-defaults.conf has a few KB. */
#define SPK_PROPERTIES_MAX ((size_t)1024 * 1024)

/* Findings that lint tells of one file; the rest would be more of the same. */
#define SPK_LINT_FINDINGS_MAX 1000

/* One object of an installation, or a file of the chart: the longest has 6 KB. */
#define SPK_MANIFEST_MAX ((size_t)64 * 1024)

/* Replicas that doctor asks one by one, each some requests through the API server. */
#define SPK_DOCTOR_REPLICAS 16

/* A path that doctor asks for, with four names of objects, or one reason why a pod is not sent,
 * with a selector's values. */
#define SPK_DOCTOR_TEXT_MAX ((size_t)64 * 1024)

/* A reference to an image: a name of 255, a tag of 128, a digest (distribution/reference). */
#define SPK_IMAGE_MAX 512

/* What is kept of spark-submit's output: how it began, and how it ended. A failure is told in its
 * last stack trace, of some 10 KB. */
#define SPK_CHILD_HEAD_MAX ((size_t)16 * 1024)
#define SPK_CHILD_TAIL_MAX ((size_t)48 * 1024)

/* Ends of executors that are remembered of one application: those that status has no room to name
 * stay, some 100 bytes each, to be counted. Beyond it the count is too low. */
#define SPK_GRAVES_MAX 10000

/* Volumes of an application or of one of its templates; containers beside Spark's of one role, and
 * mounts of them all. Each mount is looked for among the volumes: these make for a few million
 * comparisons, a tenth of a second. A pod has a few dozen of each, and its overlay no room for as
 * many (SPK_OVERLAY_MAX). */
#define SPK_APP_VOLUMES_MAX    500
#define SPK_APP_CONTAINERS_MAX 200
#define SPK_APP_MOUNTS_MAX     1000

/* The properties file of a submission and each of its templates: etcd takes 1.5 MiB an object, so
 * a spec has no more; escaped it is up to six times as long. */
#define SPK_SUBMISSION_FILE_MAX ((size_t)10 * 1024 * 1024)

#endif
