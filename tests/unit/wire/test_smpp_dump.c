#include "wire/smpp_dump.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_dump(const struct smpp_pdu *pdu, const char *expected)
{
    struct buf line;
    buf_init(&line, 4096);
    smpp_dump(pdu, SMPP_DUMP_SHOW_TEXT, &line);
    buf_add_byte(&line, '\0');
    assert_string_equal(line.at, expected);
    buf_done(&line);
}

static void a_log_line_keeps_messages_and_passwords_to_itself(void **state)
{
    struct arena arena = {0};
    struct smpp_pdu pdu = {.command_id = SMPP_SUBMIT_SM, .short_message = SLICE("code 1234")};
    smpp_tlv_add(&pdu.tlvs, &arena, SMPP_TLV_MESSAGE_PAYLOAD, SLICE("code 5678"));
    struct smpp_pdu bind = {.command_id = SMPP_OUTBIND, .password = SLICE("code 9999")};
    struct buf line;
    buf_init(&line, 4096);
    smpp_dump(&pdu, SMPP_DUMP_HIDE_TEXT, &line);
    smpp_dump(&bind, SMPP_DUMP_SHOW_TEXT, &line);
    buf_add_byte(&line, '\0');
    assert_null(strstr(line.at, "code"));
    assert_non_null(strstr(line.at, "short_message=(9 octets)"));
    assert_non_null(strstr(line.at, "message_payload=(9 octets)"));
    assert_non_null(strstr(line.at, "password=***"));
    buf_done(&line);
    arena_done(&arena);
}

static void a_dumped_text_cannot_break_its_line(void **state)
{
    struct smpp_pdu pdu = {.command_id = SMPP_OUTBIND, .system_id = SLICE("a\"b\\c\nd\xff")};
    assert_dump(&pdu, "outbind seq=0 system_id=\"a\\\"b\\\\c\\x0ad\\xff\" password=***");
    struct smpp_pdu unknown = {.command_id = 0x8000000Au, .sequence = 2};
    assert_dump(&unknown, "command_0x8000000a seq=2 status=0x0(ESME_ROK)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_line_keeps_messages_and_passwords_to_itself),
        cmocka_unit_test(a_dumped_text_cannot_break_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
