/* How outcomes are remembered: one byte of version, then for each outcome the message's id, the
   edge's fault, whether it was replayed, the core's error by its name (numbers change with
   releases), and the problem. */
#include "core/once.h"

#define OUTCOME_VERSION  1
#define OUTCOME_MIN_SIZE (8 + 1 + 1 + 1 + 2)
#define PROBLEM_MAX_SIZE UINT16_MAX

static struct slice outcome_error(const struct outcome *outcome)
{
    return slice_cstr(outcome->err ? err_name(outcome->err) : "");
}

static size_t outcome_problem_size(const struct outcome *outcome)
{
    return outcome->problem.size < PROBLEM_MAX_SIZE ? outcome->problem.size : PROBLEM_MAX_SIZE;
}

static char *put_number(char *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        *at++ = (char)(value >> 8 * i);
    return at;
}

static char *put_bytes(char *at, const char *bytes, size_t size)
{
    if (size) memcpy(at, bytes, size);
    return at + size;
}

struct slice outcomes_write(const struct outcome *const *outcomes, size_t count,
                            struct arena *arena)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++)
        size +=
            OUTCOME_MIN_SIZE + outcome_error(outcomes[i]).size + outcome_problem_size(outcomes[i]);
    char *bytes = arena_alloc(arena, size);
    char *at = put_number(bytes, OUTCOME_VERSION, 1);
    for (size_t i = 0; i < count; i++) {
        struct slice error = outcome_error(outcomes[i]);
        size_t problem_size = outcome_problem_size(outcomes[i]);
        at = put_number(at, outcomes[i]->message.v, 8);
        at = put_number(at, outcomes[i]->fault, 1);
        at = put_number(at, outcomes[i]->replayed, 1);
        at = put_number(at, error.size, 1);
        at = put_bytes(at, error.at, error.size);
        at = put_number(at, problem_size, 2);
        at = put_bytes(at, outcomes[i]->problem.at, problem_size);
    }
    return slice_of(bytes, size);
}

static bool take_bytes(struct slice *rest, size_t size, struct slice *out)
{
    if (rest->size < size) return false;
    *out = slice_of(rest->at, size);
    *rest = slice_from(*rest, size);
    return true;
}

static bool take_number(struct slice *rest, size_t size, uint64_t *out)
{
    struct slice bytes;
    if (!take_bytes(rest, size, &bytes)) return false;
    *out = 0;
    for (size_t i = 0; i < size; i++)
        *out |= (uint64_t)(uint8_t)bytes.at[i] << 8 * i;
    return true;
}

static bool error_of(struct slice name, enum err *out)
{
    *out = ERR_OK;
    if (name.size == 0) return true;
    for (int err = ERR_OK + 1; err < ERR_COUNT; err++) {
        if (!slice_eq(name, slice_cstr(err_name((enum err)err)))) continue;
        *out = (enum err)err;
        return true;
    }
    return false;
}

static bool take_outcome(struct slice *rest, struct outcome *out)
{
    uint64_t fault = 0, replayed = 0, size = 0;
    struct slice error;
    if (!take_number(rest, 8, &out->message.v) || !take_number(rest, 1, &fault) ||
        !take_number(rest, 1, &replayed) || !take_number(rest, 1, &size) ||
        !take_bytes(rest, size, &error) || !error_of(error, &out->err) ||
        !take_number(rest, 2, &size) || !take_bytes(rest, size, &out->problem))
        return false;
    out->fault = (uint8_t)fault;
    out->replayed = replayed != 0;
    return true;
}

bool outcomes_read(struct slice bytes, struct arena *arena, struct outcome **out, size_t *out_count)
{
    uint64_t version;
    if (!take_number(&bytes, 1, &version) || version != OUTCOME_VERSION) return false;
    struct outcome *outcomes =
        ARENA_ARRAY(arena, struct outcome, bytes.size / OUTCOME_MIN_SIZE + 1);
    size_t count = 0;
    while (bytes.size > 0)
        if (!take_outcome(&bytes, &outcomes[count++])) return false;
    *out = outcomes;
    *out_count = count;
    return true;
}
