/* Writes one sample of every PDU, variants of those that carry messages, and random ones, with what
   they should decode to; check.py shows the bytes to tshark. Lines of tab-separated words:
     sample <label> <octets>      begins a PDU
     number <name> <octets>       a field, by the specification's name
     text <name> <octets>         the same, without its NUL
     tlv <tag> <name> <octets>    an optional parameter, "-" without a name */
#include <assert.h>
#include <stdio.h>

#include "support/smpp_random.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

#define SENDER                                                                                     \
    {                                                                                              \
        5, 0, SLICE("Godwit")                                                                      \
    }
#define PHONE                                                                                      \
    {                                                                                              \
        1, 1, SLICE("447700900000")                                                                \
    }
#define RECEIPT                                                                                    \
    SLICE("id:7a8b9c sub:001 dlvrd:001 submit date:2611210930 done date:2611210931 "               \
          "stat:DELIVRD err:000 text:Hello")

static struct smpp_destination numbers[] = {
    {false, PHONE},
    {true, {.digits = SLICE("friends")}},
    {false, PHONE},
};
static struct smpp_unsuccess refused[] = {{PHONE, ESME_RINVDSTADR}};

static const struct sample {
    const char *label;
    struct smpp_pdu pdu;
    struct smpp_tlv tlvs[4];
} samples[] = {
    {"bind as transceiver",
     {.command_id = SMPP_BIND_TRANSCEIVER,
      .system_id = SLICE("godwit"),
      .password = SLICE("secret12"),
      .system_type = SLICE("VMS"),
      .interface_version = SMPP_VERSION_34,
      .address_range = {1, 1, SLICE("^44")}},
     {{0}}},
    {"bind_resp with its version",
     {.command_id = SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, .system_id = SLICE("SMSC")},
     {{SMPP_TLV_SC_INTERFACE_VERSION, SLICE("\x34")}}},
    {"bind_resp of a wrong password",
     {.command_id = SMPP_BIND_TRANSMITTER | SMPP_RESPONSE,
      .status = ESME_RINVPASWD,
      .no_body = true},
     {{0}}},
    {"plain text with a validity period",
     {.command_id = SMPP_SUBMIT_SM,
      .source = SENDER,
      .destination = PHONE,
      .registered_delivery = SMPP_REGISTERED_FINAL,
      .validity_period = SLICE("000000000500000R"),
      .short_message = SLICE("Hello there")},
     {{0}}},
    {"at a time, replacing, with priority",
     {.command_id = SMPP_SUBMIT_SM,
      .service_type = SLICE("CMT"),
      .source = SENDER,
      .destination = PHONE,
      .esm_class = SMPP_ESM_STORE_AND_FORWARD,
      .priority_flag = 3,
      .schedule_delivery_time = SLICE("261121093000000+"),
      .registered_delivery = SMPP_REGISTERED_FINAL | SMPP_REGISTERED_INTERMEDIATE,
      .replace_if_present = 1,
      .sm_default_msg_id = 7,
      .short_message = SLICE("Hello")},
     {{0}}},
    {"second of three parts, 8-bit reference",
     {.command_id = SMPP_SUBMIT_SM,
      .source = SENDER,
      .destination = PHONE,
      .esm_class = SMPP_ESM_UDHI,
      .short_message = SLICE("\x05\x00\x03\x2a\x03\x02Hello")},
     {{0}}},
    {"first of two parts, 16-bit reference, UCS-2",
     {.command_id = SMPP_SUBMIT_SM,
      .source = SENDER,
      .destination = PHONE,
      .esm_class = SMPP_ESM_UDHI | SMPP_ESM_STORE_AND_FORWARD,
      .data_coding = SMPP_CODING_UCS2,
      .short_message = SLICE("\x06\x08\x04\x12\x34\x02\x01\x04\x1f\x04\x40")},
     {{0}}},
    {"UCS-2 with a surrogate pair",
     {.command_id = SMPP_SUBMIT_SM,
      .source = SENDER,
      .destination = PHONE,
      .data_coding = SMPP_CODING_UCS2,
      .short_message = SLICE("\x00H\x00i\xd8\x3d\xde\x00")},
     {{0}}},
    {"flash",
     {.command_id = SMPP_SUBMIT_SM,
      .source = SENDER,
      .destination = PHONE,
      .data_coding = SMPP_CODING_CLASS_0,
      .short_message = SLICE("Now")},
     {{0}}},
    {"parts by TLV",
     {.command_id = SMPP_SUBMIT_SM,
      .source = SENDER,
      .destination = PHONE,
      .short_message = SLICE("Hello")},
     {{SMPP_TLV_SAR_MSG_REF_NUM, SLICE("\x12\x34")},
      {SMPP_TLV_SAR_TOTAL_SEGMENTS, SLICE("\x02")},
      {SMPP_TLV_SAR_SEGMENT_SEQNUM, SLICE("\x01")}}},
    {"payload, reference and a carrier's own TLVs",
     {.command_id = SMPP_SUBMIT_SM, .source = SENDER, .destination = PHONE},
     {{SMPP_TLV_USER_MESSAGE_REFERENCE, SLICE("\xab\xcd")},
      {SMPP_TLV_MESSAGE_PAYLOAD, SLICE("A longer text in its payload")},
      {0x1400, SLICE("1701158000000000001\0")},
      {0x4001, SLICE("\x01")}}},
    {"accepted",
     {.command_id = SMPP_SUBMIT_SM | SMPP_RESPONSE, .message_id = SLICE("7a8b9c")},
     {{0}}},
    {"throttled",
     {.command_id = SMPP_SUBMIT_SM | SMPP_RESPONSE, .status = ESME_RTHROTTLED, .no_body = true},
     {{0}}},
    {"receipt with TLVs",
     {.command_id = SMPP_DELIVER_SM,
      .source = PHONE,
      .destination = SENDER,
      .esm_class = SMPP_ESM_RECEIPT,
      .short_message = RECEIPT},
     {{SMPP_TLV_RECEIPTED_MESSAGE_ID, SLICE("7a8b9c\0")},
      {SMPP_TLV_MESSAGE_STATE, SLICE("\x02")},
      {SMPP_TLV_NETWORK_ERROR_CODE, SLICE("\x03\x00\x01")}}},
    {"receipt in a payload",
     {.command_id = SMPP_DELIVER_SM,
      .source = PHONE,
      .destination = SENDER,
      .esm_class = SMPP_ESM_RECEIPT},
     {{SMPP_TLV_MESSAGE_PAYLOAD, RECEIPT}}},
    {"inbound message",
     {.command_id = SMPP_DELIVER_SM,
      .source = PHONE,
      .destination = {3, 0, SLICE("40404")},
      .short_message = SLICE("STOP")},
     {{SMPP_TLV_SOURCE_PORT, SLICE("\x3e\x80")}, {SMPP_TLV_DESTINATION_PORT, SLICE("\x3e\x81")}}},
    {"try again later",
     {.command_id = SMPP_DELIVER_SM | SMPP_RESPONSE, .status = ESME_RX_T_APPN},
     {{0}}},
    {"receipt as data_sm",
     {.command_id = SMPP_DATA_SM,
      .source = PHONE,
      .destination = SENDER,
      .esm_class = SMPP_ESM_RECEIPT},
     {{SMPP_TLV_RECEIPTED_MESSAGE_ID, SLICE("7a8b9c\0")}, {SMPP_TLV_MESSAGE_STATE, SLICE("\x05")}}},
    {"data_sm refused",
     {.command_id = SMPP_DATA_SM | SMPP_RESPONSE, .status = ESME_RDELIVERYFAILURE},
     {{0}}},
    {"data_sm accepted",
     {.command_id = SMPP_DATA_SM | SMPP_RESPONSE, .message_id = SLICE("7a8b9c")},
     {{SMPP_TLV_DPF_RESULT, SLICE("\x01")},
      {SMPP_TLV_ADDITIONAL_STATUS_INFO_TEXT, SLICE("on its way\0")}}},
    {"to two numbers and a list",
     {.command_id = SMPP_SUBMIT_MULTI,
      .source = SENDER,
      .destinations = {numbers, COUNT(numbers)},
      .short_message = SLICE("Hello")},
     {{0}}},
    {"one of them refused",
     {.command_id = SMPP_SUBMIT_MULTI | SMPP_RESPONSE,
      .message_id = SLICE("7a8b9c"),
      .unsuccess = {refused, COUNT(refused)}},
     {{0}}},
    {"query",
     {.command_id = SMPP_QUERY_SM, .message_id = SLICE("7a8b9c"), .source = SENDER},
     {{0}}},
    {"delivered at",
     {.command_id = SMPP_QUERY_SM | SMPP_RESPONSE,
      .message_id = SLICE("7a8b9c"),
      .final_date = SLICE("261121093000000+"),
      .message_state = SMPP_STATE_DELIVERED},
     {{0}}},
    {"unknown command", {.command_id = SMPP_GENERIC_NACK, .status = ESME_RINVCMDID}, {{0}}},
};

static void show_octets(const char *name, const void *octets, size_t size)
{
    printf("%s\t", name);
    for (size_t i = 0; i < size; i++)
        printf("%02x", ((const uint8_t *)octets)[i]);
    putchar('\n');
}

static void show_byte(const char *name, uint8_t value)
{
    printf("number\t");
    show_octets(name, &value, 1);
}

static void show_text(const char *name, struct slice text)
{
    printf("text\t");
    show_octets(name, text.at, text.size);
}

static void show_address(const char *name, const struct smpp_address *address)
{
    static const char *names[][3] = {
        {"source_addr", "source_addr_ton", "source_addr_npi"},
        {"destination_addr", "dest_addr_ton", "dest_addr_npi"},
        {"address_range", "addr_ton", "addr_npi"},
        {"esme_addr", "esme_addr_ton", "esme_addr_npi"},
    };
    size_t i = 0;
    while (!slice_eq(slice_cstr(names[i][0]), slice_cstr(name)))
        i++;
    show_byte(names[i][1], address->ton);
    show_byte(names[i][2], address->npi);
    show_text(name, address->digits);
}

static void show_field(const struct smpp_field *field, const void *member)
{
    switch (field->kind) {
    case SMPP_KIND_BYTE:
    case SMPP_KIND_BITS:
        show_byte(field->name, *(const uint8_t *)member);
        break;
    case SMPP_KIND_TEXT:
    case SMPP_KIND_SECRET:
    case SMPP_KIND_TIME:
        show_text(field->name, *(const struct slice *)member);
        break;
    case SMPP_KIND_ADDRESS:
        show_address(field->name, member);
        break;
    case SMPP_KIND_MESSAGE: {
        const struct slice *message = member;
        show_byte("sm_length", (uint8_t)message->size);
        show_text("message", *message);
        break;
    }
    case SMPP_KIND_DESTINATIONS: {
        const struct smpp_destination_list *list = member;
        for (size_t i = 0; i < list->count; i++) {
            if (list->at[i].is_list)
                show_text("dl_name", list->at[i].address.digits);
            else
                show_address("destination_addr", &list->at[i].address);
        }
        break;
    }
    case SMPP_KIND_UNSUCCESS: {
        const struct smpp_unsuccess_list *list = member;
        for (size_t i = 0; i < list->count; i++) {
            uint32_t status = list->at[i].status;
            show_address("destination_addr", &list->at[i].address);
            printf("number\terror_status_code\t%08x\n", status);
        }
        break;
    }
    }
}

static void show_pdu(const char *label, const struct smpp_pdu *pdu)
{
    struct buf bytes;
    buf_init(&bytes, 65536);
    bool encoded = smpp_encode(pdu, &bytes);
    assert(encoded);
    printf("sample\t%s\t", label);
    for (size_t i = 0; i < bytes.size; i++)
        printf("%02x", (uint8_t)bytes.at[i]);
    putchar('\n');
    printf("number\tcommand_length\t%08zx\n", bytes.size);
    printf("number\tcommand_id\t%08x\n", pdu->command_id);
    if (smpp_is_response(pdu->command_id)) printf("number\tcommand_status\t%08x\n", pdu->status);
    printf("number\tsequence_number\t%08x\n", pdu->sequence);
    const struct smpp_body *body =
        smpp_command_body(smpp_command(pdu->command_id), pdu->command_id);
    for (size_t i = 0; i < body->count && !pdu->no_body; i++)
        show_field(&body->fields[i], (const char *)pdu + body->fields[i].offset);
    for (size_t i = 0; i < pdu->tlvs.count; i++) {
        const struct smpp_tlv *tlv = &pdu->tlvs.at[i];
        const struct smpp_tlv_spec *spec = smpp_tlv_spec(tlv->tag);
        printf("tlv\t%04x\t", tlv->tag);
        show_octets(spec ? spec->name : "-", tlv->value.at, tlv->value.size);
    }
    buf_done(&bytes);
}

/* Inside what tshark looks at: it stops behind the header of a response that tells an error, and
   looks for optional parameters only where SMPP 3.4 has some. What a random text would mean as one
   with a user data header is not SMPP's business. */
static void narrow(struct smpp_pdu *pdu)
{
    static const uint32_t with_tlvs[] = {
        SMPP_BIND_RECEIVER | SMPP_RESPONSE,
        SMPP_BIND_TRANSMITTER | SMPP_RESPONSE,
        SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE,
        SMPP_SUBMIT_SM,
        SMPP_SUBMIT_MULTI,
        SMPP_DELIVER_SM,
        SMPP_DATA_SM,
        SMPP_DATA_SM | SMPP_RESPONSE,
        SMPP_ALERT_NOTIFICATION,
    };
    bool has_tlvs = false;
    for (size_t i = 0; i < COUNT(with_tlvs); i++)
        has_tlvs = has_tlvs || with_tlvs[i] == pdu->command_id;
    if (!has_tlvs) pdu->tlvs.count = 0;
    pdu->status = ESME_ROK;
    pdu->esm_class &= (uint8_t)~SMPP_ESM_UDHI;
}

static void show_random(struct smpp_random *random, uint32_t command_id, const char *name)
{
    struct arena arena = {0};
    struct smpp_pdu pdu;
    smpp_random_pdu(random, command_id, &arena, &pdu);
    narrow(&pdu);
    show_pdu(name, &pdu);
    arena_done(&arena);
}

int main(void)
{
    uint32_t sequence = 0;
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct smpp_pdu pdu = samples[i].pdu;
        pdu.sequence = sequence = smpp_sequence_next(sequence);
        pdu.tlvs.at = (struct smpp_tlv *)samples[i].tlvs;
        while (pdu.tlvs.count < COUNT(samples[i].tlvs) && samples[i].tlvs[pdu.tlvs.count].tag)
            pdu.tlvs.count++;
        show_pdu(samples[i].label, &pdu);
    }
    struct smpp_random random = {.state = 2775, .tlv_size_max = 200};
    for (size_t i = 0; i < smpp_command_count * 20; i++) {
        const struct smpp_command *command = &smpp_commands[i % smpp_command_count];
        if (command->name) show_random(&random, command->id, command->name);
        if (command->response_name)
            show_random(&random, command->id | SMPP_RESPONSE, command->response_name);
    }
    return 0;
}
