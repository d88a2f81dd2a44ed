#include "core/template.h"

void template_slug(struct slice name, char out[SLUG_MAX_SIZE + 1])
{
    size_t size = 0;
    bool gap = false;
    for (size_t i = 0; i < name.size && size < NAME_MAX_SIZE; i++) {
        char c = name.at[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c + 'a' - 'A');
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
            gap = size > 0;
            continue;
        }
        if (gap) out[size++] = '-';
        gap = false;
        out[size++] = c;
    }
    if (size == 0) {
        memcpy(out, "template", 8);
        size = 8;
    }
    out[size] = '\0';
}
