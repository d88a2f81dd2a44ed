#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"

static void assert_holds(const struct buf *buf, const char *wanted)
{
    assert_int_equal(buf->size, strlen(wanted));
    if (buf->size) assert_memory_equal(buf->at, wanted, buf->size);
}

static void what_is_added_stands_in_order(void **state)
{
    struct buf buf;
    buf_init(&buf, 1000);
    buf_add(&buf, SLICE("ab"));
    buf_add_byte(&buf, '\n');
    buf_printf(&buf, "%d-%s", 42, "x");
    buf_add(&buf, (struct slice){0});
    assert_holds(&buf, "ab\n42-x");
    assert_false(buf.full);
    buf_done(&buf);
    assert_holds(&buf, "");
    buf_add(&buf, SLICE("again"));
    assert_holds(&buf, "again");
    buf_done(&buf);
}

static void it_grows_to_its_ceiling_and_not_over_it(void **state)
{
    struct buf buf;
    buf_init(&buf, 1000);
    for (int i = 0; i < 1000; i++)
        buf_add_byte(&buf, 'x');
    assert_int_equal(buf.size, 1000);
    assert_false(buf.full);
    assert_in_range(buf.capacity, 1000, 1000);
    buf_add_byte(&buf, 'y');
    assert_true(buf.full);
    assert_int_equal(buf.size, 1000);
    buf_done(&buf);
}

static void a_full_buffer_takes_nothing_more_not_even_what_would_fit(void **state)
{
    struct buf buf;
    buf_init(&buf, 4);
    buf_add(&buf, SLICE("abc"));
    buf_add(&buf, SLICE("de"));
    assert_true(buf.full);
    buf_add(&buf, SLICE("d"));
    buf_printf(&buf, "%d", 1);
    assert_null(buf_reserve(&buf, 1));
    assert_holds(&buf, "abc");
    buf_clear(&buf);
    assert_false(buf.full);
    buf_add(&buf, SLICE("wxyz"));
    assert_holds(&buf, "wxyz");
    assert_false(buf.full);
    buf_done(&buf);
}

static void long_printed_texts_come_whole(void **state)
{
    struct buf buf;
    buf_init(&buf, 100000);
    for (unsigned width = 250; width < 262; width++) {
        buf_clear(&buf);
        buf_printf(&buf, "%0*d|", (int)width, 7);
        assert_int_equal(buf.size, width + 1);
        assert_memory_equal(buf.at + width - 1, "7|", 2);
    }
    buf_done(&buf);
}

static void reserved_room_counts_when_it_is_said_to(void **state)
{
    struct buf buf;
    buf_init(&buf, 10);
    buf_add(&buf, SLICE("a"));
    char *room = buf_reserve(&buf, 9);
    memcpy(room, "bcd", 3);
    assert_holds(&buf, "a");
    buf_grew(&buf, 3);
    assert_holds(&buf, "abcd");
    assert_null(buf_reserve(&buf, 7));
    buf_done(&buf);
}

static void dropping_moves_the_rest_to_the_front(void **state)
{
    struct buf buf;
    buf_init(&buf, 100);
    buf_drop(&buf, 0); /* also when nothing has ever been in it */
    buf_add(&buf, SLICE("abcdef"));
    buf_drop(&buf, 0);
    assert_holds(&buf, "abcdef");
    buf_drop(&buf, 4);
    assert_holds(&buf, "ef");
    buf_drop(&buf, 2);
    assert_holds(&buf, "");
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_stands_in_order),
        cmocka_unit_test(it_grows_to_its_ceiling_and_not_over_it),
        cmocka_unit_test(a_full_buffer_takes_nothing_more_not_even_what_would_fit),
        cmocka_unit_test(long_printed_texts_come_whole),
        cmocka_unit_test(reserved_room_counts_when_it_is_said_to),
        cmocka_unit_test(dropping_moves_the_rest_to_the_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
