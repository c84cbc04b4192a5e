#include "spk/cli/template.h"

#include "spk/base/cleanup.h"
#include "spk/cli/flags.h"

#include "../suite.h"

/* What the texts below ask for. */
struct values {
    const char *name;
    const char *number_like;
    int64_t port;
    bool on;
    bool off;
    struct spk_flag_list items;
    struct spk_flag_list none;
};

static const struct values values = {
    .name = "spark",
    .number_like = "1e3",
    .port = 9443,
    .on = true,
    .items = {{"a", "no", "*.b"}, 3},
};

static const struct spk_variable variables[] = {
    {"name", "$.Release.Name", SPK_VARIABLE_TEXT, offsetof(struct values, name)},
    {"number", "$.Values.number", SPK_VARIABLE_TEXT, offsetof(struct values, number_like)},
    {"port", "$.Values.port", SPK_VARIABLE_NUMBER, offsetof(struct values, port)},
    {"on", "$.Values.on", SPK_VARIABLE_SWITCH, offsetof(struct values, on)},
    {"off", "eq 1 2", SPK_VARIABLE_SWITCH, offsetof(struct values, off)},
    {"items", "$.Values.items", SPK_VARIABLE_LIST, offsetof(struct values, items)},
    {"none", "$.Values.none", SPK_VARIABLE_LIST, offsetof(struct values, none)},
};

static const struct spk_embedded parts[] = {
    {"x/_part.yaml", "a: %{name}\n%if off\nb: x\n%end\n\nc: |\n  d\n"},
    {"x/_ends.yaml", "%end\n"},
    {"x/_itself.yaml", "%include itself\n"},
    {0},
};

static int render(struct spk_buf *out, const char *text, bool helm, struct spk_err *err)
{
    const struct spk_template template = {.variables = variables,
                                          .count = SPK_LEN(variables),
                                          .values = &values,
                                          .texts = parts,
                                          .helm = helm};

    spk_buf_init(out, 512);
    return spk_template_render(out, &template, spk_str(text), err);
}

static const struct {
    const char *name;
    const char *text;
    const char *plain;
    const char *helm;
} rows[] = {
    {"text stays", "# 5 % of it\n\n  a: b\n", "# 5 % of it\n\n  a: b\n", "# 5 % of it\n\n  a: b\n"},
    {"no newline at the end", "a: b", "a: b\n", "a: b\n"},
    {"nothing", "", "", ""},
    {"a value", "a: %{name}\n", "a: spark\n", "a: {{ $.Release.Name | quote }}\n"},
    {"a value of a list", "- %{name}\n", "- spark\n", "- {{ $.Release.Name | quote }}\n"},
    {"inside", "- x-%{name}.%{name}/y\n", "- x-spark.spark/y\n",
     "- x-{{ $.Release.Name }}.{{ $.Release.Name }}/y\n"},
    {"at the beginning", "- %{name}-x\n", "- spark-x\n", "- {{ $.Release.Name }}-x\n"},
    {"what YAML takes for a number", "a: %{number}\nb: x%{number}\n", "a: \"1e3\"\nb: x1e3\n",
     "a: {{ $.Values.number | quote }}\nb: x{{ $.Values.number }}\n"},
    {"a number", "a: %{port}\nb: \"%{port}\"\n", "a: 9443\nb: \"9443\"\n",
     "a: {{ $.Values.port | int }}\nb: \"{{ $.Values.port | int }}\"\n"},
    {"if it holds", "%if on\na\n%else\nb\n%end\nc\n", "a\nc\n",
     "{{- if $.Values.on }}\na\n{{- else }}\nb\n{{- end }}\nc\n"},
    {"if it does not", "  %if off\n  a\n  %else\n  b\n  %end\n", "  b\n",
     "  {{- if eq 1 2 }}\n  a\n  {{- else }}\n  b\n  {{- end }}\n"},
    {"if not", "%if !off\na\n%end\n", "a\n", "{{- if not (eq 1 2) }}\na\n{{- end }}\n"},
    {"not taken inside of taken", "%if on\n%if off\na\n%end\nb\n%end\n", "b\n",
     "{{- if $.Values.on }}\n{{- if eq 1 2 }}\na\n{{- end }}\nb\n{{- end }}\n"},
    {"nothing of what is inside of not taken",
     "%if off\n%if on\na\n%else\nb\n%end\n%each items\nc\n%end\n%include part\n%end\n", "",
     "{{- if eq 1 2 }}\n{{- if $.Values.on }}\na\n{{- else }}\nb\n{{- end }}\n"
     "{{- range $.Values.items }}\nc\n{{- end }}\na: {{ $.Release.Name | quote }}\n"
     "{{- if eq 1 2 }}\nb: x\n{{- end }}\n\nc: |\n  d\n{{- end }}\n"},
    {"plain alone", "%if plain\na\n%else\nb\n%end\n", "a\n", "b\n"},
    {"helm alone", "%if !helm\na\n%else\n{{- toYaml . }}\n%end\n", "a\n", "{{- toYaml . }}\n"},
    {"each", "x:\n  %each items\n  - %{item}\n  %end\ny\n",
     "x:\n  - a\n  - \"no\"\n  - \"*.b\"\ny\n",
     "x:\n  {{- range $.Values.items }}\n  - {{ . | quote }}\n  {{- end }}\ny\n"},
    {"each inside of text", "%each items\n- \"--x=%{item}\" # %{name}\n%end\n",
     "- \"--x=a\" # spark\n- \"--x=no\" # spark\n- \"--x=*.b\" # spark\n",
     "{{- range $.Values.items }}\n- \"--x={{ . }}\" # {{ $.Release.Name }}\n{{- end }}\n"},
    {"each of none", "%each none\n- %{item}\n%if on\n%end\n%end\nb\n", "b\n",
     "{{- range $.Values.none }}\n- {{ . | quote }}\n{{- if $.Values.on }}\n{{- end }}\n{{- end "
     "}}\nb\n"},
    {"include", "x:\n  %include part\ny\n", "x:\n  a: spark\n\n  c: |\n    d\ny\n",
     "x:\n  a: {{ $.Release.Name | quote }}\n  {{- if eq 1 2 }}\n  b: x\n  {{- end }}\n\n  c: |\n  "
     "  d\ny\n"},
};

START_TEST(renders)
{
    for (int helm = 0; helm < 2; helm++) {
        SPK_CLEANUP(spk_buf_done) struct spk_buf out;
        struct spk_err err = {0};
        const char *expect = helm ? rows[_i].helm : rows[_i].plain;
        int rc = render(&out, rows[_i].text, helm, &err);
        ck_assert_msg(rc == 0, "%s: %s", rows[_i].name, err.msg);
        ck_assert_msg(strcmp(out.ptr ? out.ptr : "", expect) == 0, "%s: got '%s', expected '%s'",
                      rows[_i].name, out.ptr, expect);
    }
}
END_TEST

static const struct {
    const char *text;
    const char *expect[2];
} faults[] = {
    {"a\nb: %{nam}\n", {"line 2", "'nam'"}},
    {"a: %{on}\n", {"line 1", "'on'"}},
    {"a: %{items}\n", {"'items'"}},
    {"a: %{name\n", {"line 1", "'}'"}},
    {"a: %{item}\n", {"'item'"}},
    {"%if name\n%end\n", {"no switch", "'name'"}},
    {"%if !none\n%end\n", {"no switch", "'none'"}},
    {"%each on\n%end\n", {"no list", "'on'"}},
    {"%each items\n%end\n- %{item}\n", {"line 3", "'item'"}},
    {"%iff on\n%end\n", {"no directive", "%iff"}},
    {"%if on\na\n", {"ends wrongly"}},
    {"%if on\n%else\n%else\n%end\n", {"ends wrongly", "line 3"}},
    {"%end\n", {"ends wrongly"}},
    {"%else\n", {"ends wrongly"}},
    {"%each items\n%else\n%end\n", {"ends wrongly"}},
    {"%include other\n", {"no file", "'other'"}},
    {"%include ends\n", {"_ends.yaml", "line 1"}},
    {"%include itself\n", {"too deep", "_itself"}},
    {"%if off\na: %{name}\n%iff\n%end\n", {"%iff"}},
};

START_TEST(says_where_a_fault_is)
{
    for (int helm = 0; helm < 2; helm++) {
        SPK_CLEANUP(spk_buf_done) struct spk_buf out;
        struct spk_err err = {0};
        ck_assert_int_eq(render(&out, faults[_i].text, helm, &err), -1);
        ck_assert_int_eq(err.code, SPK_EINTERNAL);
        ck_assert_ptr_null(out.ptr);
        for (size_t i = 0; i < SPK_LEN(faults[_i].expect) && faults[_i].expect[i]; i++)
            ck_assert_msg(strstr(err.msg, faults[_i].expect[i]) != NULL, "no '%s' in '%s'",
                          faults[_i].expect[i], err.msg);
    }
}
END_TEST

START_TEST(has_a_ceiling)
{
    SPK_CLEANUP(spk_buf_done) struct spk_buf out;
    struct spk_err err = {0};
    char text[1024];

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ck_assert_int_eq(render(&out, text, false, &err), -1);
    ck_assert_int_eq(err.code, SPK_ETOOBIG);
}
END_TEST

START_TEST(quotes_the_words_of_yaml)
{
    static const char *const words[] = {"null", "true", "False", "YES", "no", "on", "OFF",
                                        "y",    "n",    "1",     "0x1", "-",  "::"};
    static const char *const texts[] = {"nulls", "a", "yesterday", "nothing", "e1"};
    struct values given = values;
    const struct spk_template template = {
        .variables = variables, .count = SPK_LEN(variables), .values = &given};

    for (size_t i = 0; i < SPK_LEN(words) + SPK_LEN(texts); i++) {
        SPK_CLEANUP(spk_buf_done) struct spk_buf out;
        struct spk_err err = {0};
        char expect[32];
        bool quoted = i < SPK_LEN(words);
        given.name = quoted ? words[i] : texts[i - SPK_LEN(words)];
        spk_buf_init(&out, 64);
        ck_assert_int_eq(spk_template_render(&out, &template, SPK_LIT("a: %{name}"), &err), 0);
        (void)snprintf(expect, sizeof(expect), quoted ? "a: \"%s\"\n" : "a: %s\n", given.name);
        ck_assert_str_eq(out.ptr, expect);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("template");

    ADD_ROWS(tcase, renders, rows);
    ADD_ROWS(tcase, says_where_a_fault_is, faults);
    tcase_add_test(tcase, has_a_ceiling);
    tcase_add_test(tcase, quotes_the_words_of_yaml);
    return run_case("template", tcase);
}
