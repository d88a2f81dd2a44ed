#include "wire/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void an_address_is_read_out_of_a_url(void **state)
{
    static const struct {
        const char *text, *address, *path;
        bool secure;
    } rows[] = {
        {"http://a.example/hook", "a.example:80", "/hook", false},
        {"https://a.example", "a.example:443", "", true},
        {"HTTPS://a.example:8443/x?y#z", "a.example:8443", "/x", true},
        {"http://user:p@ss@a.example:81/", "a.example:81", "/", false},
        {"http://[::1]:8080/x", "[::1]:8080", "/x", false},
        {"http://[::1]", "[::1]:80", "", false},
        {"http://a.example?q=http://b.example", "a.example:80", "", false},
        {"http://127.0.0.1:65535#x", "127.0.0.1:65535", "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct url url;
        assert_true(url_read(slice_cstr(rows[i].text), &url));
        assert_string_equal(url_address(&url, &arena).at, rows[i].address);
        assert_true(slice_eq(url.path, slice_cstr(rows[i].path)));
        assert_int_equal(url.secure, rows[i].secure);
        arena_done(&arena);
    }
}

static void what_leads_nowhere_is_refused(void **state)
{
    static const char *const rows[] = {
        "",           "nope",        "ftp://a.example/", "http:/a.example", "http://",
        "http:///x",  "http://:80/", "http://a:0/",      "http://a:65536/", "http://a:/",
        "http://a:x", "http://[::1", "http://[::1]x/",   "http://user@/",   "://a.example",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct url url = {.port = 7};
        assert_false(url_read(slice_cstr(rows[i]), &url));
        assert_int_equal(url.port, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_read_out_of_a_url),
        cmocka_unit_test(what_leads_nowhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
