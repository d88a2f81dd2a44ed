#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/profile.h"

static const struct {
    const char *text, *kept, *body_file;
} profiles[] = {
    {"", "", ""},
    {"[request]\nurl = u\n", "[request]\nurl = u\n", ""},
    {"[request]\nurl = u\nbody_file = b.json\nmethod = POST", "[request]\nurl = u\nmethod = POST",
     "b.json"},
    {"[request]\r\n body_file=b.json\r\n", "[request]\r\n", "b.json"},
    {"[answer]\nbody_file = b\n[request]\n", "[answer]\nbody_file = b\n[request]\n", ""},
    {"[request]\nurl = u\n[body]\n[request]\nbody_file = b\n",
     "[request]\nurl = u\n[body]\n[request]\nbody_file = b\n", ""},
};

static void the_name_of_the_body_file_is_taken_out(void **state)
{
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        struct buf kept;
        buf_init(&kept, PROFILE_MAX_SIZE);
        struct slice name = profile_take_body_file(slice_cstr(profiles[i].text), &kept);
        assert_true(slice_eq(buf_slice(&kept), slice_cstr(profiles[i].kept)));
        assert_true(slice_eq(name, slice_cstr(profiles[i].body_file)));
        buf_done(&kept);
    }
}

static void write_file(const char *folder, const char *name, const char *text, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static bool read_in(const char *folder, struct buf *out, char problem[256])
{
    char path[128];
    snprintf(path, sizeof path, "%s/p.ini", folder);
    buf_init(out, PROFILE_MAX_SIZE);
    return profile_read(path, out, problem);
}

static void a_body_is_taken_byte_for_byte_from_beside_the_profile(void **state)
{
    static const char profile[] = "[request]\nbody_file = b.json\nurl = u";
    static const char body[] = "{\"x\": \"\\\" ; no comment\"}\n[request]\n  ";
    static char long_body[PROFILE_MAX_SIZE];
    char folder[] = "/tmp/profile-test-XXXXXX", problem[256];
    struct buf text;
    assert_non_null(mkdtemp(folder));
    write_file(folder, "p.ini", profile, sizeof profile - 1);

    assert_false(read_in(folder, &text, problem));
    assert_non_null(strstr(problem, "/b.json: No such file"));
    buf_done(&text);

    write_file(folder, "b.json", body, sizeof body - 1);
    assert_true(read_in(folder, &text, problem));
    struct slice wanted = SLICE("[request]\nurl = u\n[body]\n"
                                "{\"x\": \"\\\" ; no comment\"}\n[request]\n  ");
    assert_true(slice_eq(buf_slice(&text), wanted));
    buf_done(&text);

    write_file(folder, "b.json", long_body, sizeof long_body);
    assert_false(read_in(folder, &text, problem));
    assert_non_null(strstr(problem, "too long"));
    buf_done(&text);

    char path[128];
    snprintf(path, sizeof path, "%s/p.ini", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/b.json", folder);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_of_the_body_file_is_taken_out),
        cmocka_unit_test(a_body_is_taken_byte_for_byte_from_beside_the_profile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
