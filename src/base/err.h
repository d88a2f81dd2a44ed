/* Why something was refused. The core names the reason; each edge owns the words and the status
   code of its dialect. 0 is success. */
#pragma once

#define ERR_TABLE(X)                                                                               \
    X(OK, "ok")                                                                                    \
    X(NOT_FOUND, "there is no such thing")                                                         \
    X(ALREADY_EXISTS, "it exists already")                                                         \
    X(INVALID, "a value is not valid")                                                             \
    X(TEXT_MISSING, "there is no text")                                                            \
    X(TEXT_TOO_LONG, "the text is too long")                                                       \
    X(NUMBER_INVALID, "the number is not valid")                                                   \
    X(KEY_UNKNOWN, "no such key")                                                                  \
    X(KEY_DISABLED, "the key is disabled")                                                         \
    X(KEY_SCOPE, "the key may not do this")                                                        \
    X(ACCOUNT_DISABLED, "the account is not enabled for SMS")                                      \
    X(NO_CREDIT, "the balance does not cover it")                                                  \
    X(NO_ROUTE, "no provider serves this destination")                                             \
    X(LIMIT_REACHED, "the account's limit is reached")                                             \
    X(SENDER_UNKNOWN, "the sender id is not registered")                                           \
    X(SENDER_BLOCKED, "the sender id may not be used yet")                                         \
    X(SENDER_REJECTED, "the sender id was rejected")                                               \
    X(SENDER_COUNTRY, "the sender id is not approved for this country")                            \
    X(TEMPLATE_UNKNOWN, "there is no such template")                                               \
    X(TEMPLATE_INVALID, "the template cannot be read")                                             \
    X(NUMBER_BLOCKED, "the number is on the blocklist")                                            \
    X(STALE, "the state has moved on")                                                             \
    X(OVERLOADED, "too much is waiting")                                                           \
    X(STORE_UNAVAILABLE, "the store cannot commit")

enum err {
#define X(name, text) ERR_##name,
    ERR_TABLE(X)
#undef X
        ERR_COUNT
};

const char *err_name(enum err err); /* "NO_CREDIT" */
const char *err_text(enum err err);
