/* Everything that Robase refuses, in one table: type, words and field of each fault; and which
   fault each refusal of the core is. */
#pragma once

#include "base/err.h"
#include "wire/json.h"

/*  type            word                      status */
#define ROBASE_TYPE_TABLE(X)                                                                       \
    X(VALIDATION, "validation_error", 400)                                                         \
    X(PHONE, "phone_invalid", 400)                                                                 \
    X(SENDER, "sender_id_invalid", 400)                                                            \
    X(DND, "dnd_blocked", 400)                                                                     \
    X(AUTHENTICATION, "authentication_error", 401)                                                 \
    X(QUOTA, "sms_quota_exceeded", 402)                                                            \
    X(PERMISSION, "permission_error", 403)                                                         \
    X(NOT_FOUND, "not_found", 404)                                                                 \
    X(CONFLICT, "conflict", 409)                                                                   \
    X(RATE, "rate_limit_exceeded", 429)                                                            \
    X(INTERNAL, "internal_error", 500)                                                             \
    X(UNAVAILABLE, "internal_error", 503)

/* The numbers of faults are remembered under idempotency keys (struct outcome): rows may be added
   at the end and change their words, but not their places.
       fault              type             field                message */
#define ROBASE_FAULT_TABLE(X)                                                                      \
    X(NONE, INTERNAL, NULL, "internal error")                                                      \
    X(JSON, VALIDATION, NULL, "the body is not a valid JSON object")                               \
    X(VALUE, VALIDATION, NULL, "a value is not valid")                                             \
    X(RECIPIENT_MISSING, VALIDATION, "to", "recipient required")                                   \
    X(RECIPIENT_TYPE, VALIDATION, "to", "the recipient must be a string")                          \
    X(PHONE, PHONE, "to", "phone number must be in E.164 format (e.g. +2348012345678)")            \
    X(SENDER_MISSING, VALIDATION, "from", "sender id required")                                    \
    X(SENDER_FORM, SENDER, "from", "sender id must be 1 to 11 letters and digits")                 \
    X(SENDER_UNKNOWN, SENDER, "from", "sender id is not registered in this project")               \
    X(SENDER_BLOCKED, SENDER, "from", "sender id is not approved yet")                             \
    X(SENDER_REJECTED, SENDER, "from", "sender id was rejected by carrier compliance")             \
    X(SENDER_COUNTRY, SENDER, "from", "sender id is not approved for this country")                \
    X(BODY_MISSING, VALIDATION, "body", "body or template required")                               \
    X(BODY_TYPE, VALIDATION, "body", "the body must be a string")                                  \
    X(BODY_LONG, VALIDATION, "body", "body is longer than 1600 characters")                        \
    X(TEMPLATE_TYPE, VALIDATION, "template", "the template must be a slug or an id")               \
    X(TEMPLATE_UNKNOWN, NOT_FOUND, "template", "there is no such template")                        \
    X(TEMPLATE_SYNTAX, VALIDATION, "body", "the template cannot be read")                          \
    X(VARIABLES, VALIDATION, "variables", "variables must be an object")                           \
    X(COUNTRY, VALIDATION, "country", "country must be one of NG, GH, KE and CI")                  \
    X(SEND_AT, VALIDATION, "send_at", "send_at must be an ISO 8601 time")                          \
    X(SEND_AT_FAR, VALIDATION, "send_at", "send_at is more than 30 days ahead")                    \
    X(DND, DND, "to", "the number is on the do-not-disturb list")                                  \
    X(QUOTA, QUOTA, NULL, "the monthly quota and the wallet are used up")                          \
    X(MESSAGES, VALIDATION, "messages", "messages must be an array of 1 to 1000 rows")             \
    X(ROW, VALIDATION, NULL, "the row must be an object")                                          \
    X(ROW_KEY, VALIDATION, "idempotency_key", "the key must be 1 to 255 printable characters")     \
    X(ONCE_KEY, VALIDATION, NULL, "Idempotency-Key must be 1 to 255 printable characters")         \
    X(LIMIT, VALIDATION, "limit", "limit must be 1 to 200")                                        \
    X(CURSOR, VALIDATION, "cursor", "the cursor is not one of this list")                          \
    X(NAME, VALIDATION, "name", "the name must be a string of 1 to 63 bytes")                      \
    X(NAME_OF_SENDER, SENDER, "sender_id", "sender id must be 1 to 11 letters and digits")         \
    X(COUNTRIES, VALIDATION, "countries", "countries must be an array of ISO alpha-2 codes")       \
    X(URL, VALIDATION, "url", "the url must be http or https, and at most 2047 bytes long")        \
    X(EVENTS, VALIDATION, "events", "events must be an array of event types")                      \
    X(DESCRIPTION, VALIDATION, "description", "the description must be at most 255 bytes long")    \
    X(ENABLED, VALIDATION, "enabled", "enabled must be true or false")                             \
    X(KEY_MISSING, AUTHENTICATION, NULL, "missing API key")                                        \
    X(KEY_INVALID, AUTHENTICATION, NULL, "invalid API key")                                        \
    X(PERMISSION, PERMISSION, NULL, "the API key lacks the permission for this")                   \
    X(SMS_OFF, PERMISSION, NULL, "the project is not enabled for SMS")                             \
    X(NOT_FOUND, NOT_FOUND, NULL, "there is no such resource")                                     \
    X(CONFLICT, CONFLICT, NULL, "the state of the resource does not allow this")                   \
    X(EXISTS, CONFLICT, NULL, "it exists already")                                                 \
    X(TOO_MANY, CONFLICT, NULL, "the project has as many of these as it may have")                 \
    X(RATE, RATE, NULL, "rate limit exceeded")                                                     \
    X(INTERNAL, INTERNAL, NULL, "internal error")                                                  \
    X(UNAVAILABLE, UNAVAILABLE, NULL, "the service is overloaded or restarting: try again")        \
    X(TEMPLATE_BODY, VALIDATION, "body", "the template's body must be a string, and not empty")    \
    X(ENTITY, VALIDATION, "registered_entity", "must be a string of at most 2047 bytes")           \
    X(DOC_URL, VALIDATION, "registration_doc_url", "must be a string of at most 2047 bytes")       \
    X(USE_CASE, VALIDATION, "use_case", "must be a string of at most 2047 bytes")                  \
    X(SAMPLE, VALIDATION, "sample_message", "must be a string of at most 2047 bytes")              \
    X(NOTES, VALIDATION, "notes", "must be a string of at most 2047 bytes")

enum robase_fault {
#define X(name, type, field, message) FAULT_##name,
    ROBASE_FAULT_TABLE(X)
#undef X
        FAULT_COUNT
};

struct robase_error {
    const char *type;
    unsigned status;
    const char *field; /* NULL: none is at fault */
    const char *message;
};

struct robase_error robase_error(enum robase_fault fault);
enum robase_fault robase_fault_of(enum err err);

/* type, message and field, inside an object that is open. What the core said besides comes behind
   the message. */
void robase_error_put(struct json_writer *json, enum robase_fault fault, struct slice problem);
/* {"error":{...}} */
void robase_error_write(struct json_writer *json, enum robase_fault fault, struct slice problem);
/* The same for errors of HTTP itself: 404, 405, 413 ... */
void robase_error_write_http(struct json_writer *json, unsigned status, struct slice reason);
