#include "edge/robase/robase_error.h"

#include <stdio.h>

enum type {
#define X(name, word, status) TYPE_##name,
    ROBASE_TYPE_TABLE(X)
#undef X
};

static const struct {
    const char *word;
    unsigned status;
} types[] = {
#define X(name, word, status) {word, status},
    ROBASE_TYPE_TABLE(X)
#undef X
};

static const struct {
    enum type type;
    const char *field, *message;
} faults[FAULT_COUNT] = {
#define X(name, type, field, message) {TYPE_##type, field, message},
    ROBASE_FAULT_TABLE(X)
#undef X
};

static const enum robase_fault fault_of_err[ERR_COUNT] = {
    [ERR_NOT_FOUND] = FAULT_NOT_FOUND,
    [ERR_ALREADY_EXISTS] = FAULT_EXISTS,
    [ERR_INVALID] = FAULT_VALUE,
    [ERR_TEXT_MISSING] = FAULT_BODY_MISSING,
    [ERR_TEXT_TOO_LONG] = FAULT_BODY_LONG,
    [ERR_NUMBER_INVALID] = FAULT_PHONE,
    [ERR_KEY_UNKNOWN] = FAULT_KEY_INVALID,
    [ERR_KEY_DISABLED] = FAULT_KEY_INVALID,
    [ERR_KEY_SCOPE] = FAULT_PERMISSION,
    [ERR_ACCOUNT_DISABLED] = FAULT_SMS_OFF,
    [ERR_NO_CREDIT] = FAULT_QUOTA,
    [ERR_NO_ROUTE] = FAULT_INTERNAL, /* a send waits for a route; nothing else needs one */
    [ERR_LIMIT_REACHED] = FAULT_TOO_MANY,
    [ERR_SENDER_UNKNOWN] = FAULT_SENDER_UNKNOWN,
    [ERR_SENDER_BLOCKED] = FAULT_SENDER_BLOCKED,
    [ERR_SENDER_REJECTED] = FAULT_SENDER_REJECTED,
    [ERR_SENDER_COUNTRY] = FAULT_SENDER_COUNTRY,
    [ERR_TEMPLATE_UNKNOWN] = FAULT_TEMPLATE_UNKNOWN,
    [ERR_TEMPLATE_INVALID] = FAULT_TEMPLATE_SYNTAX,
    [ERR_NUMBER_BLOCKED] = FAULT_DND,
    [ERR_STALE] = FAULT_CONFLICT,
    [ERR_OVERLOADED] = FAULT_UNAVAILABLE,
    [ERR_STORE_UNAVAILABLE] = FAULT_UNAVAILABLE,
};

/* Types of HTTP's own errors; the rest below 500 is the customer's, the rest above ours. */
static enum type type_of_status(unsigned status)
{
    if (status == 404) return TYPE_NOT_FOUND;
    if (status >= 500) return TYPE_INTERNAL;
    return TYPE_VALIDATION;
}

struct robase_error robase_error(enum robase_fault fault)
{
    return (struct robase_error){
        .type = types[faults[fault].type].word,
        .status = types[faults[fault].type].status,
        .field = faults[fault].field,
        .message = faults[fault].message,
    };
}

enum robase_fault robase_fault_of(enum err err)
{
    return err < ERR_COUNT ? fault_of_err[err] : FAULT_INTERNAL;
}

void robase_error_put(struct json_writer *json, enum robase_fault fault, struct slice problem)
{
    struct robase_error error = robase_error(fault);
    char message[512];
    snprintf(message, sizeof message, "%s%s%.*s", error.message, problem.size ? ": " : "",
             (int)problem.size, problem.size ? problem.at : "");
    json_put_text(json, "type", slice_cstr(error.type));
    json_put_text(json, "message", slice_cstr(message));
    if (error.field) json_put_text(json, "field", slice_cstr(error.field));
}

void robase_error_write(struct json_writer *json, enum robase_fault fault, struct slice problem)
{
    json_begin_object(json);
    json_name(json, "error");
    json_begin_object(json);
    robase_error_put(json, fault, problem);
    json_end_object(json);
    json_end_object(json);
}

void robase_error_write_http(struct json_writer *json, unsigned status, struct slice reason)
{
    json_begin_object(json);
    json_name(json, "error");
    json_begin_object(json);
    json_put_text(json, "type", slice_cstr(types[type_of_status(status)].word));
    json_put_text(json, "message", reason);
    json_end_object(json);
    json_end_object(json);
}
