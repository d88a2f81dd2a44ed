/* The simulator's options: one table from which the command line, its help, the defaults and the
   checks come. `godwit simulate --receipt-ms 200 --cut-after 10` sets rows of these names. */
#pragma once

#include <stdio.h>

#include "base/clock.h"
#include "base/slice.h"
#include "wire/receipt_text.h"
#include "wire/segment.h"

enum simulator_binds { SIMULATOR_BINDS_ANY, SIMULATOR_BINDS_TRX, SIMULATOR_BINDS_TX_RX };
enum simulator_receipts {
    SIMULATOR_RECEIPTS_ASKED, /* when registered_delivery asks */
    SIMULATOR_RECEIPTS_ALWAYS,
    SIMULATOR_RECEIPTS_NONE,
};
/* How a message id is written. All forms name the same number. */
enum simulator_id_form {
    SIMULATOR_ID_DECIMAL,
    SIMULATOR_ID_HEX,
    SIMULATOR_ID_HEX_UPPER,
    SIMULATOR_ID_PADDED, /* ten decimal digits, zeros in front */
    SIMULATOR_ID_LONG,   /* 64 characters, the whole field */
    SIMULATOR_ID_UUID,
};
enum simulator_receipt_form {
    SIMULATOR_RECEIPT_BOTH,
    SIMULATOR_RECEIPT_TEXT, /* no TLVs */
    SIMULATOR_RECEIPT_TLV,  /* no text */
    SIMULATOR_RECEIPT_BARE, /* text, and esm_class does not say that it is a receipt */
};
enum simulator_receipt_pdu { SIMULATOR_DELIVER_SM, SIMULATOR_DATA_SM };
enum simulator_cut { SIMULATOR_CUT_BEFORE, SIMULATOR_CUT_AFTER };
enum simulator_long_form { SIMULATOR_LONG_UDH8, SIMULATOR_LONG_UDH16, SIMULATOR_LONG_SAR };

/* Numbers that end with `suffix` meet `value`: a receipt state or a command_status. */
struct simulator_suffix {
    char suffix[16];
    uint32_t value;
};
#define SIMULATOR_SUFFIXES_MAX 8
struct simulator_suffixes {
    struct simulator_suffix at[SIMULATOR_SUFFIXES_MAX];
    uint32_t count;
};

struct simulator_answered {
    bool is_receipt;
    uint32_t status;          /* command_status of the answer */
    struct slice id;          /* a receipt's: the message's id as submit_sm_resp wrote it, */
    struct slice receipt_id;  /* as the receipt wrote it, */
    enum receipt_state state; /* and what it said */
    struct slice user_data;   /* an inbound segment's */
};

struct simulator_options {
    /* Not in the table. */
    struct clock *clock; /* needed: dates of receipts, times in the log */
    FILE *log;           /* one JSON line a message; NULL: none */
    void *trace_user;    /* of both: */
    /* Every PDU that comes and goes. May be NULL. */
    void (*trace)(void *user, bool sent, struct slice bytes);
    /* The ESME's answer to a receipt or an inbound segment. May be NULL. */
    void (*answered)(void *user, const struct simulator_answered *answered);

    /* The table's rows, in its order; their meaning is told there. */
    char host[64];
    uint32_t port;
    char system_id[65], password[65];
    uint32_t binds; /* enum simulator_binds */
    uint32_t refuse_binds, refuse_binds_status;
    uint32_t enquire_link_s;
    uint32_t delay_ms, delay_jitter_ms;
    uint32_t receipts; /* enum simulator_receipts */
    uint32_t receipt_ms, receipt_jitter_ms;
    bool receipt_first;
    uint32_t receipt_state; /* enum receipt_state */
    uint32_t fail_share;    /* in millionths, as all shares */
    uint32_t fail_state;
    uint32_t fail_error;
    struct simulator_suffixes state_suffixes;
    uint32_t id_form, receipt_id_form; /* enum simulator_id_form */
    uint64_t id_first;
    uint32_t receipt_form; /* enum simulator_receipt_form */
    uint32_t receipt_pdu;  /* enum simulator_receipt_pdu */
    bool receipt_twice;
    uint32_t receipt_window;
    uint32_t throttle_rate, throttle_first, throttle_status;
    uint32_t refuse_share, refuse_status;
    struct simulator_suffixes refuse_suffixes;
    uint32_t silent_share;
    uint32_t cut_after;
    bool cut_repeat;
    uint32_t cut_when; /* enum simulator_cut */
    uint32_t bad_length_after;
    char inbound_text[1025], inbound_source[21], inbound_destination[21];
    uint32_t inbound_after_s, inbound_rate, inbound_count;
    uint32_t long_form; /* enum simulator_long_form */
    uint32_t pending_max;
    uint64_t seed;
};

enum simulator_option_kind {
    SIMULATOR_NUMBER,   /* uint32_t */
    SIMULATOR_LARGE,    /* uint64_t */
    SIMULATOR_SWITCH,   /* bool: on, off; on the command line the bare name means on */
    SIMULATOR_SHARE,    /* uint32_t in millionths, written in percent: "2.5" */
    SIMULATOR_TEXT,     /* char array */
    SIMULATOR_CHOICE,   /* uint32_t: one of `choices` */
    SIMULATOR_STATUS,   /* uint32_t: a command_status by name or number */
    SIMULATOR_STATE,    /* uint32_t: enum receipt_state by its word */
    SIMULATOR_STATUSES, /* struct simulator_suffixes: "003=RINVDSTADR,004=0x58" */
    SIMULATOR_STATES,   /* struct simulator_suffixes: "001=UNDELIV,002=EXPIRED" */
};

struct simulator_option {
    const char *name; /* "receipt-ms" */
    enum simulator_option_kind kind;
    size_t offset;       /* in struct simulator_options */
    size_t size;         /* of the field */
    const char *initial; /* the default, as it would be written */
    const char *help;
    const char *choices; /* "none,asked,always", in the order of the values */
};

extern const struct simulator_option simulator_option_rows[];
extern const size_t simulator_option_count;

/* Every row's default; no clock and no log. */
void simulator_options_init(struct simulator_options *options);
/* Sets one option from text. False, nothing changed, and `out_problem` (256 bytes) says what is
   wrong: no such name, or a value that is none. */
bool simulator_options_set(struct simulator_options *options, struct slice name, struct slice value,
                           char *out_problem);
