/* Templates: a compiled one renders the same text each time, within the ceiling and as valid UTF-8,
   names its variables once each, and fails only where it may. The input is the template, a line of
   two dashes, and the variables. */
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

/* json_read is what the reading of the variables is held against. */
static void rendering_holds(const struct gotemplate *template, const struct gotemplate *same,
                            struct slice variables, size_t source_size)
{
    struct buf a, b;
    buf_init(&a, OUTPUT_MAX);
    buf_init(&b, OUTPUT_MAX);
    bool ok = gotemplate_render(template, variables, &a);
    assert(gotemplate_render(same, variables, &b) == ok);
    assert(slice_eq(buf_slice(&a), buf_slice(&b)) && a.full == b.full && a.size <= OUTPUT_MAX);
    bool right = variables.size == 0 || is_object(variables);
    if (ok) assert(right && !a.full && utf8_valid(buf_slice(&a)));
    /* A name or a value costs two bytes of the source at least. */
    bool cheap = source_size * (variables.size + OUTPUT_MAX) < GOTEMPLATE_STEPS_MAX;
    if (!ok && cheap) assert(!right || a.full);
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
        rendering_holds(template, same, variables, source.size);
        rendering_holds(template, same, (struct slice){0}, source.size);
    } else {
        problem_holds(problem);
    }
    gotemplate_free(template);
    gotemplate_free(same);
    return 0;
}
