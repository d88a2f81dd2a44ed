#include "base/err.h"

#include <assert.h>

static const struct {
    const char *name, *text;
} errs[ERR_COUNT] = {
#define X(name, text) [ERR_##name] = {#name, text},
    ERR_TABLE(X)
#undef X
};

const char *err_name(enum err err)
{
    assert(err < ERR_COUNT);
    return errs[err].name;
}

const char *err_text(enum err err)
{
    assert(err < ERR_COUNT);
    return errs[err].text;
}
