#include "wire/smpp_table.h"

/* Real peers go over the letter: credentials, routing words in system_type and service_type,
   numbers with a carrier's prefix, ids of a hash. This much is read. */
#define NAME_CAP       65
#define ADDRESS_CAP    65
#define MESSAGE_ID_CAP 255
#define TIME_CAP       33

#define FIELD(kind, label, member, letter, cap, status)                                            \
    {                                                                                              \
        label, SMPP_KIND_##kind, letter, cap, offsetof(struct smpp_pdu, member), status            \
    }

#define BYTE(member)                 FIELD(BYTE, #member, member, 1, 1, ESME_RINVCMDLEN)
#define BITS(member)                 FIELD(BITS, #member, member, 1, 1, ESME_RINVCMDLEN)
#define NAME(member, letter, status) FIELD(TEXT, #member, member, letter, NAME_CAP, status)
#define TIME(member, letter, status) FIELD(TIME, #member, member, letter, TIME_CAP, status)
#define MESSAGE_ID(letter)                                                                         \
    FIELD(TEXT, "message_id", message_id, letter, MESSAGE_ID_CAP, ESME_RINVMSGID)
#define SOURCE(letter) FIELD(ADDRESS, "source_addr", source, letter, ADDRESS_CAP, ESME_RINVSRCADR)
#define DESTINATION(letter)                                                                        \
    FIELD(ADDRESS, "destination_addr", destination, letter, ADDRESS_CAP, ESME_RINVDSTADR)
#define SERVICE_TYPE NAME(service_type, 6, ESME_RINVSERTYP)
#define SYSTEM_ID    NAME(system_id, 16, ESME_RINVSYSID)
#define PASSWORD     FIELD(SECRET, "password", password, 9, NAME_CAP, ESME_RINVPASWD)
/* 254 by the letter, and an octet can count one more. */
#define SHORT_MESSAGE FIELD(MESSAGE, "short_message", short_message, 254, 255, ESME_RINVMSGLEN)

/* What submit_sm, submit_multi and deliver_sm have in common behind their addresses; in deliver_sm
   both times must be empty. */
#define MESSAGE_FIELDS(time)                                                                       \
    BITS(esm_class), BITS(protocol_id), BYTE(priority_flag),                                       \
        TIME(schedule_delivery_time, time, ESME_RINVSCHED),                                        \
        TIME(validity_period, time, ESME_RINVEXPIRY), BITS(registered_delivery),                   \
        FIELD(BYTE, "replace_if_present_flag", replace_if_present, 1, 1, ESME_RINVCMDLEN),         \
        BITS(data_coding), BYTE(sm_default_msg_id), SHORT_MESSAGE

/* 4.1.1, 4.1.3, 4.1.5 */
static const struct smpp_field bind[] = {
    SYSTEM_ID,
    PASSWORD,
    NAME(system_type, 13, ESME_RINVSYSTYP),
    BITS(interface_version),
    FIELD(ADDRESS, "address_range", address_range, 41, ADDRESS_CAP, ESME_RBINDFAIL),
};

/* 4.1.2, 4.1.4, 4.1.6 */
static const struct smpp_field bind_resp[] = {SYSTEM_ID};

/* 4.1.7 */
static const struct smpp_field outbind[] = {SYSTEM_ID, PASSWORD};

/* 4.4.1 */
static const struct smpp_field submit_sm[] = {
    SERVICE_TYPE,
    SOURCE(21),
    DESTINATION(21),
    MESSAGE_FIELDS(17),
};

/* 4.4.2, 4.7.2 */
static const struct smpp_field submit_resp[] = {MESSAGE_ID(65)};

/* 4.5.1 */
static const struct smpp_field submit_multi[] = {
    SERVICE_TYPE,
    SOURCE(21),
    FIELD(DESTINATIONS, "dest_address", destinations, 21, ADDRESS_CAP, ESME_RINVNUMDESTS),
    MESSAGE_FIELDS(17),
};

/* 4.5.2 */
static const struct smpp_field submit_multi_resp[] = {
    MESSAGE_ID(65),
    FIELD(UNSUCCESS, "unsuccess_sme", unsuccess, 21, ADDRESS_CAP, ESME_RINVNUMDESTS),
};

/* 4.6.1 */
static const struct smpp_field deliver_sm[] = {
    SERVICE_TYPE,
    SOURCE(21),
    DESTINATION(21),
    MESSAGE_FIELDS(1),
};

/* 4.6.2: the id is unused and some peers check that it is empty. */
static const struct smpp_field deliver_sm_resp[] = {MESSAGE_ID(1)};

/* 4.7.1 */
static const struct smpp_field data_sm[] = {
    SERVICE_TYPE,      SOURCE(65), DESTINATION(65), BITS(esm_class), BITS(registered_delivery),
    BITS(data_coding),
};

/* 4.8.1 */
static const struct smpp_field query_sm[] = {MESSAGE_ID(65), SOURCE(21)};

/* 4.8.2 */
static const struct smpp_field query_sm_resp[] = {
    MESSAGE_ID(65),
    TIME(final_date, 17, ESME_RQUERYFAIL),
    BYTE(message_state),
    BYTE(error_code),
};

/* 4.9.1 */
static const struct smpp_field cancel_sm[] = {
    SERVICE_TYPE,
    MESSAGE_ID(65),
    SOURCE(21),
    DESTINATION(21),
};

/* 4.10.1 */
static const struct smpp_field replace_sm[] = {
    MESSAGE_ID(65),
    SOURCE(21),
    TIME(schedule_delivery_time, 17, ESME_RINVSCHED),
    TIME(validity_period, 17, ESME_RINVEXPIRY),
    BITS(registered_delivery),
    BYTE(sm_default_msg_id),
    SHORT_MESSAGE,
};

/* 4.12.1 */
static const struct smpp_field alert_notification[] = {
    SOURCE(65),
    FIELD(ADDRESS, "esme_addr", esme, 65, ADDRESS_CAP, ESME_RINVSRCADR),
};

#define BODY(fields)                                                                               \
    {                                                                                              \
        fields, sizeof fields / sizeof *fields                                                     \
    }
#define EMPTY                                                                                      \
    {                                                                                              \
        0                                                                                          \
    }

/* A request that is answered names both; the rest has one half. */
#define PAIR(id, label, request, response, bare)                                                   \
    {                                                                                              \
        id, label, label "_resp", request, response, bare                                          \
    }

const struct smpp_command smpp_commands[] = {
    {SMPP_GENERIC_NACK & ~SMPP_RESPONSE, NULL, "generic_nack", EMPTY, EMPTY, true},
    PAIR(SMPP_BIND_RECEIVER, "bind_receiver", BODY(bind), BODY(bind_resp), true),
    PAIR(SMPP_BIND_TRANSMITTER, "bind_transmitter", BODY(bind), BODY(bind_resp), true),
    PAIR(SMPP_QUERY_SM, "query_sm", BODY(query_sm), BODY(query_sm_resp), false),
    PAIR(SMPP_SUBMIT_SM, "submit_sm", BODY(submit_sm), BODY(submit_resp), true),
    PAIR(SMPP_DELIVER_SM, "deliver_sm", BODY(deliver_sm), BODY(deliver_sm_resp), false),
    PAIR(SMPP_UNBIND, "unbind", EMPTY, EMPTY, false),
    PAIR(SMPP_REPLACE_SM, "replace_sm", BODY(replace_sm), EMPTY, false),
    PAIR(SMPP_CANCEL_SM, "cancel_sm", BODY(cancel_sm), EMPTY, false),
    PAIR(SMPP_BIND_TRANSCEIVER, "bind_transceiver", BODY(bind), BODY(bind_resp), true),
    {SMPP_OUTBIND, "outbind", NULL, BODY(outbind), EMPTY, false},
    PAIR(SMPP_ENQUIRE_LINK, "enquire_link", EMPTY, EMPTY, false),
    PAIR(SMPP_SUBMIT_MULTI, "submit_multi", BODY(submit_multi), BODY(submit_multi_resp), false),
    {SMPP_ALERT_NOTIFICATION, "alert_notification", NULL, BODY(alert_notification), EMPTY, false},
    PAIR(SMPP_DATA_SM, "data_sm", BODY(data_sm), BODY(submit_resp), false),
};
const size_t smpp_command_count = sizeof smpp_commands / sizeof *smpp_commands;

const struct smpp_command *smpp_command(uint32_t command_id)
{
    bool response = command_id & SMPP_RESPONSE;
    for (size_t i = 0; i < smpp_command_count; i++) {
        const struct smpp_command *row = &smpp_commands[i];
        if (row->id != (command_id & ~SMPP_RESPONSE)) continue;
        return (response ? row->response_name : row->name) ? row : NULL;
    }
    return NULL;
}

const struct smpp_body *smpp_command_body(const struct smpp_command *command, uint32_t command_id)
{
    return command_id & SMPP_RESPONSE ? &command->response : &command->request;
}
