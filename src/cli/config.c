#include "cli/config.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"

/* The library's lines hold 200 bytes with their end. */
#define LINE_LONGEST 197

enum setting_kind { SETTING_TEXT, SETTING_SWITCH, SETTING_NUMBER, SETTING_SECONDS };

static const struct setting {
    const char *section, *name;
    enum setting_kind kind;
    const char *usual;
    size_t offset, size;
} settings[] = {
#define ROW(section, name, kind, usual, field)                                                     \
    {                                                                                              \
        section, name, kind, usual, offsetof(struct config, field),                                \
            sizeof((struct config *)0)->field                                                      \
    }
    ROW("server", "listen", SETTING_TEXT, "127.0.0.1:8080", listen),
    ROW("server", "control", SETTING_TEXT, "/run/godwit/control.sock", control),
    ROW("server", "test_clock", SETTING_SWITCH, "off", test_clock),
    ROW("server", "connections", SETTING_NUMBER, "10000", connections_max),
    ROW("server", "connections_per_address", SETTING_NUMBER, "2000", connections_per_address_max),
    ROW("server", "header_timeout", SETTING_SECONDS, "10", header_timeout_s),
    ROW("server", "body_timeout", SETTING_SECONDS, "30", body_timeout_s),
    ROW("server", "idle_timeout", SETTING_SECONDS, "75", idle_timeout_s),
    ROW("store", "url", SETTING_TEXT, "sqlite:/var/lib/godwit/godwit.db", store_url),
    ROW("hep", "sender", SETTING_TEXT, "+2899682626", hep_sender),
    ROW("hep", "server", SETTING_TEXT, "Team Hydra", hep_server),
    ROW("robase", "rate", SETTING_NUMBER, "10", robase_rate),
    ROW("robase", "burst", SETTING_NUMBER, "10", robase_burst),
    ROW("webhook", "allow_private", SETTING_SWITCH, "off", webhook_allow_private),
    ROW("core", "retry_window", SETTING_NUMBER, "86400", retry_window_s),
#undef ROW
};
#define SETTING_COUNT (sizeof settings / sizeof *settings)

static bool setting_store(struct config *config, const struct setting *setting, const char *value)
{
    char *at = (char *)config + setting->offset;
    struct slice text = slice_cstr(value);
    uint64_t number;
    switch (setting->kind) {
    case SETTING_TEXT:
        if (text.size >= setting->size) return false;
        memcpy(at, text.at, text.size + 1);
        return true;
    case SETTING_SWITCH:
        *(bool *)at = slice_eq_nocase(text, SLICE("on"));
        return *(bool *)at || slice_eq_nocase(text, SLICE("off"));
    case SETTING_NUMBER:
    case SETTING_SECONDS: /* no deadline at all is none to choose */
        if (!slice_u64(text, &number) || number > UINT32_MAX) return false;
        if (number == 0 && setting->kind == SETTING_SECONDS) return false;
        *(uint32_t *)at = (uint32_t)number;
        return true;
    }
    return false;
}

void config_init(struct config *config)
{
    *config = (struct config){0};
    for (size_t i = 0; i < SETTING_COUNT; i++)
        setting_store(config, &settings[i], settings[i].usual);
}

/* The first thing that is wrong, and where. */
struct reading {
    struct config *config;
    FILE *file;
    int line;
    int bad_line; /* 0: none yet */
    char problem[160];
};

static void note_problem(struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void note_problem(struct reading *reading, const char *format, ...)
{
    if (reading->bad_line) return;
    va_list args;
    va_start(args, format);
    vsnprintf(reading->problem, sizeof reading->problem, format, args);
    va_end(args);
    reading->bad_line = reading->line;
}

static int read_setting(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &settings[i];
        if (strcmp(section, setting->section) != 0 || strcmp(name, setting->name) != 0) continue;
        if (setting_store(reading->config, setting, value)) return 1;
        note_problem(reading, "[%s] %s cannot be \"%.60s\"", section, name, value);
        return 0;
    }
    note_problem(reading, "there is no setting [%.40s] %.40s", section, name);
    return 0;
}

/* Feeds the library. It cuts long lines and says nothing, and takes an indented line for more of
   the one before: either would make a wrong value. */
static char *read_line(char *to, int size, void *user)
{
    struct reading *reading = user;
    if (reading->bad_line || !fgets(to, size, reading->file)) return NULL;
    reading->line++;
    struct slice text = slice_trim(slice_cstr(to), "\r\n");
    if (text.size > LINE_LONGEST) {
        note_problem(reading, "the line is longer than %d bytes", LINE_LONGEST);
        return NULL;
    }
    text = slice_trim(text, " \t");
    memmove(to, text.at, text.size);
    to[text.size] = '\0';
    return to;
}

bool config_read(struct config *config, const char *path, char *out_problem)
{
    const char *name = path ? path : CONFIG_DEFAULT_PATH;
    FILE *file = fopen(name, "r");
    if (!file) {
        if (!path && errno == ENOENT) return true;
        snprintf(out_problem, 256, "%.100s: %s", name, strerror(errno));
        return false;
    }
    struct reading reading = {.config = config, .file = file};
    int line = ini_parse_stream(read_line, &reading, read_setting, &reading);
    if (ferror(file)) {
        snprintf(out_problem, 256, "%.100s: %s", name, strerror(errno));
    } else if (line > 0 && (reading.bad_line == 0 || line < reading.bad_line)) {
        snprintf(out_problem, 256, "%.80s:%d: this is no [section] and no name = value", name,
                 line);
    } else if (reading.bad_line) {
        snprintf(out_problem, 256, "%.80s:%d: %s", name, reading.bad_line, reading.problem);
    }
    bool good = !ferror(file) && line == 0 && !reading.bad_line;
    fclose(file);
    return good;
}

void config_write(const struct config *config, struct buf *out)
{
    const char *section = "";
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &settings[i];
        const char *at = (const char *)config + setting->offset;
        if (strcmp(section, setting->section) != 0) buf_printf(out, "[%s]\n", setting->section);
        section = setting->section;
        if (setting->kind == SETTING_TEXT)
            buf_printf(out, "%s = %s\n", setting->name, at);
        else if (setting->kind == SETTING_SWITCH)
            buf_printf(out, "%s = %s\n", setting->name, *(const bool *)at ? "on" : "off");
        else
            buf_printf(out, "%s = %u\n", setting->name, *(const uint32_t *)at);
    }
}

bool config_same(const struct config *a, const struct config *b)
{
    struct buf texts[2];
    for (int i = 0; i < 2; i++) {
        buf_init(&texts[i], 1 << 16);
        config_write(i ? b : a, &texts[i]);
    }
    bool same = slice_eq(buf_slice(&texts[0]), buf_slice(&texts[1]));
    buf_done(&texts[0]);
    buf_done(&texts[1]);
    return same;
}
