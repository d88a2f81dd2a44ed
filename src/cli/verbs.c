#include "cli/verbs.h"

#define LIMIT_OPTION {"limit", "N", "limit", "at most N rows"}
#define PROVIDER_OPTIONS                                                                           \
    {"smpp", "HOST:PORT", "smpp", "where the SMSC listens"},                                       \
        {"system-id", "S", "system_id", "who we are there"},                                       \
        {"password", "P", "password", "and its password"},                                         \
        {"system-type", "T", "system_type", "when the SMSC wants one"},                            \
        {"bind", "trx|tx+rx", "bind", "one connection for both directions, or one each"},          \
        {"window", "N", "window", "submits without an answer, of each session (100)"},             \
        {"tps", "N", "tps", "submits a second; 0: no limit"},                                      \
        {"set", "QUIRK=VALUE", "set", "how this carrier differs; docs/providers.md"}

const struct verb verbs[] = {
    {"account", "add", "account.add", {"name"}, "NAME", "add an account; prints its id", "id", false,
     {{"plan", "P", "plan", "Free, Starter, Pro or Scale"},
      {"tier", "free|paid", "tier", "1 or 5 shortcodes"},
      {"sms", "on|off", "sms", "may it send (on)"}}},
    {"account", "set", "account.set", {"account"}, "ID", "change an account", NULL, false,
     {{"plan", "P", "plan", "Free, Starter, Pro or Scale"},
      {"tier", "free|paid", "tier", "1 or 5 shortcodes"},
      {"sms", "on|off", "sms", "may it send"}}},
    {"account", "list", "account.list", {0}, "", "all accounts", NULL, false, {{0}}},
    {"account", "show", "account.show", {"account"}, "ID", "an account and its balances", NULL,
     false, {{0}}},
    {"credit", "grant", "credit.grant", {"account", "amount"}, "ID AMOUNT",
     "give an account credit; prints the balance", "available", false,
     {{"asset", "A", "asset", "CREDIT (usual), NGN or QUOTA"}}},
    {"credit", "show", "credit.show", {"account"}, "ID",
     "balances, then the ledger, newest first", NULL, false, {LIMIT_OPTION}},
    {"key", "add", "key.add", {"account"}, "ID", "make a key; prints it, once", "key", false,
     {{"test", NULL, "test", "a key that simulates and costs nothing"},
      {"scope", "S", "scopes", "what it may do; may be repeated (*)"}}},
    {"key", "enable", "key.enable", {"key"}, "KEY-OR-ID", "let a key work again", NULL, false, {{0}}},
    {"key", "disable", "key.disable", {"key"}, "KEY-OR-ID", "stop a key", NULL, false, {{0}}},
    {"key", "delete", "key.delete", {"key"}, "KEY-OR-ID", "forget a key", NULL, false, {{0}}},
    {"key", "list", "key.list", {0}, "", "keys, without their text", NULL, false,
     {{"account", "ID", "account", "of one account"}}},
    {"shortcode", "add", "shortcode.add", {"account", "word"}, "ID WORD",
     "claim a first word for an account", NULL, false,
     {{"webhook", "URL", "webhook", "where its messages are pushed"},
      {"secret", "S", "secret", "the push says it in `auth`"}}},
    {"shortcode", "remove", "shortcode.remove", {"account", "word"}, "ID WORD",
     "release a shortcode; its messages stay", NULL, false, {{0}}},
    {"shortcode", "list", "shortcode.list", {0}, "", "all shortcodes", NULL, false,
     {{"account", "ID", "account", "of one account"}}},
    {"provider", "add", "provider.add", {"name"}, "NAME", "add a carrier link", NULL, false,
     {PROVIDER_OPTIONS}},
    {"provider", "set", "provider.set", {"name"}, "NAME", "change a carrier link", NULL, false,
     {PROVIDER_OPTIONS, {"enabled", "on|off", "enabled", "bind to it or not"}}},
    {"provider", "remove", "provider.remove", {"name"}, "NAME", "remove a carrier link", NULL, false,
     {{0}}},
    {"provider", "list", "provider.list", {0}, "", "carrier links as they are now", NULL, false,
     {{0}}},
    {"provider", "show", "provider.show", {"name"}, "NAME", "one carrier link", NULL, false, {{0}}},
    {"route", "set", "route.set", {"destination", "providers"}, "COUNTRY|+PREFIX|'*' NAME[,NAME...]",
     "which carriers serve a destination, in order", NULL, false, {{0}}},
    {"route", "remove", "route.remove", {"destination"}, "COUNTRY|+PREFIX|'*'", "remove a route",
     NULL, false, {{0}}},
    {"route", "list", "route.list", {0}, "", "all routes", NULL, false, {{0}}},
    {"message", "show", "message.show", {"id"}, "ID", "a message's state, then its story", "state",
     true, {{"watch", NULL, "", "print again at each change, until it is final"}}},
    {"message", "list", "message.list", {"account"}, "ID", "an account's messages, newest first",
     NULL, false, {LIMIT_OPTION}},
    {"clock", "advance", "clock.advance", {"seconds"}, "SECONDS",
     "move a test clock forward; [server] test_clock = on", "now", false, {{0}}},
};
const size_t verb_count = sizeof verbs / sizeof *verbs;
