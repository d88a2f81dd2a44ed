/* Templates: a compiled one renders the same text each time, within the ceiling and as valid UTF-8,
   names its variables once each, and renders with none of them. The input is the template, a line
   break of three characters, and the variables. */
#include "wire/gotemplate.h"

#include <assert.h>

#include "wire/json.h"
#include "wire/utf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUTPUT_MAX 4096

static void input_cut(struct slice *rest, struct slice *out_source)
{
    static const char separator[] = "\n--\n";
    const char *at = rest->size > 0 ? memmem(rest->at, rest->size, separator, 4) : NULL;
    *out_source = slice_of(rest->at, at ? (size_t)(at - rest->at) : rest->size);
    *rest = at ? slice_from(*rest, out_source->size + 4) : (struct slice){0};
}

static void problem_holds(const char *problem)
{
    assert(memchr(problem, '\0', GOTEMPLATE_PROBLEM_SIZE));
    assert(slice_starts(slice_cstr(problem), SLICE("line ")));
    assert(utf8_valid(slice_cstr(problem)));
}

static void variables_hold(const struct gotemplate *template, struct slice source)
{
    const struct slice *names;
    size_t count = gotemplate_variables(template, &names);
    assert(count <= GOTEMPLATE_VARIABLES_MAX);
    for (size_t i = 0; i < count; i++) {
        assert(names[i].size > 0 && memmem(source.at, source.size, names[i].at, names[i].size));
        for (size_t k = 0; k < i; k++)
            assert(!slice_eq(names[i], names[k]));
    }
}

static bool is_object(struct slice variables)
{
    struct arena arena = {0};
    bool valid = utf8_valid(variables) &&
                 json_read(variables, JSON_REPAIR, NULL, 0, &arena, NULL, NULL, NULL);
    arena_done(&arena);
    return valid;
}

/* What the template holds of raw text comes through as it is, so that the output is valid UTF-8
   whenever nothing was cut. */
static void rendering_holds(const struct gotemplate *template, const struct gotemplate *same,
                            struct slice variables)
{
    struct buf a, b;
    buf_init(&a, OUTPUT_MAX);
    buf_init(&b, OUTPUT_MAX);
    bool ok = gotemplate_render(template, variables, &a);
    assert(gotemplate_render(same, variables, &b) == ok);
    assert(slice_eq(buf_slice(&a), buf_slice(&b)) && a.full == b.full && a.size <= OUTPUT_MAX);
    if (ok) {
        assert(!a.full && utf8_valid(buf_slice(&a)));
        assert(variables.size == 0 || is_object(variables));
    }
    buf_done(&a);
    buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char problem[GOTEMPLATE_PROBLEM_SIZE] = "", problem_again[GOTEMPLATE_PROBLEM_SIZE] = "";
    struct slice variables = slice_of(data, size), source;
    input_cut(&variables, &source);
    struct gotemplate *template = gotemplate_compile(source, problem);
    struct gotemplate *same = gotemplate_compile(source, problem_again);
    assert((template == NULL) == (same == NULL));
    assert(strcmp(problem, problem_again) == 0);
    if (template) {
        variables_hold(template, source);
        rendering_holds(template, same, variables);
        rendering_holds(template, same, (struct slice){0});
    } else {
        problem_holds(problem);
    }
    gotemplate_free(template);
    gotemplate_free(same);
    return 0;
}
