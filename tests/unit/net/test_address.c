#include "net/address.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void addresses_come_apart(void **state)
{
    static const struct {
        const char *text;
        enum address_kind kind;
        const char *host;
        uint16_t port;
    } rows[] = {
        {"127.0.0.1:8080", ADDRESS_IP4, "127.0.0.1", 8080},
        {"0.0.0.0:0", ADDRESS_IP4, "0.0.0.0", 0},
        {"[::1]:2775", ADDRESS_IP6, "::1", 2775},
        {"[::]:65535", ADDRESS_IP6, "::", 65535},
        {"smsc.example:2775", ADDRESS_NAME, "smsc.example", 2775},
        {"localhost:1", ADDRESS_NAME, "localhost", 1},
        {"unix:/run/x/control.sock", ADDRESS_UNIX, "/run/x/control.sock", 0},
        {"unix:a:b", ADDRESS_UNIX, "a:b", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct address address;
        char text[ADDRESS_TEXT_MAX];
        assert_true(address_parse(slice_cstr(rows[i].text), &address));
        assert_int_equal(address.kind, rows[i].kind);
        assert_string_equal(address.host, rows[i].host);
        assert_int_equal(address.port, rows[i].port);
        assert_int_equal(address_format(&address, text), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const rows[] = {
        "",        ":",           "127.0.0.1",    "127.0.0.1:",       "127.0.0.1:65536",
        "host:-1", "host: 80",    ":80",          "::1:80",           "[::1]",
        "[::1:80", "[]:80",       "[1.2.3.4]:80", "[::1%lo]:80",      "[::g]:80",
        "a b:80",  "a/b:80",      ".a:80",        "http://host:80",   "unix:",
        "-x:80",   "host:000080", "host:1e3",     "[smsc.example]:1",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct address address = {.port = 77};
        if (address_parse(slice_cstr(rows[i]), &address)) fail_msg("accepted: %s", rows[i]);
        assert_int_equal(address.port, 77); /* written only on success */
    }
    struct address address;
    assert_false(address_parse(slice_of("a\0b:80", 6), &address));
    assert_false(address_parse(slice_of("unix:a\0b", 8), &address));
}

static void hosts_and_paths_have_a_longest(void **state)
{
    struct address address;
    char text[400];
    memset(text, 'a', sizeof text);
    memcpy(text + ADDRESS_HOST_MAX, ":80", 3);
    assert_true(address_parse(slice_of(text, ADDRESS_HOST_MAX + 3), &address));
    memset(text, 'a', sizeof text);
    memcpy(text + ADDRESS_HOST_MAX + 1, ":80", 3);
    assert_false(address_parse(slice_of(text, ADDRESS_HOST_MAX + 4), &address));

    memset(text, 'a', sizeof text);
    memcpy(text, "unix:", 5);
    assert_true(address_parse(slice_of(text, 5 + ADDRESS_PATH_MAX), &address));
    assert_false(address_parse(slice_of(text, 5 + ADDRESS_PATH_MAX + 1), &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_come_apart),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(hosts_and_paths_have_a_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
