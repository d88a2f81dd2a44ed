/* Providers (carrier links), their quirks, and routes from a destination to providers in order. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "base/limits.h"
#include "base/slice.h"
#include "wire/segment.h"

enum provider_kind { PROVIDER_SMPP, PROVIDER_HTTP, PROVIDER_SIMULATOR };
enum bind_kind { BIND_TRX, BIND_TX_RX };

/* What becomes of a submit whose answer was lost with its link. */
enum uncertain_policy {
    UNCERTAIN_RESEND, /* once, marked as possible duplicate */
    UNCERTAIN_WAIT,   /* for the receipt */
    UNCERTAIN_FAIL,
};

enum alphabet { ALPHABET_GSM7, ALPHABET_LATIN1, ALPHABET_ASCII, ALPHABET_UTF8 };

/* How a carrier differs from the letter of SMPP 3.4. Every field is a row of provider_quirks:
   set by `--set NAME=VALUE`, kept as text, parsed once. */
struct quirks {
    enum segment_form long_form; /* long=udh8|udh16|sar|payload */
    enum alphabet dcs0;          /* dcs0=gsm|latin1|ascii|utf8: what data_coding 0 means there */
    enum uncertain_policy uncertain; /* uncertain=resend|wait|fail */
    bool ask_receipts;               /* receipts=on|off */
    bool dest_plus;                  /* dest_plus=on|off: destination with a leading + */
    uint32_t interface_version;      /* interface_version=51|52|80 (0x33, 0x34, 0x50) */
    uint32_t enquire_link_s;         /* enquire_link=SECONDS, 0: never */
    uint32_t response_timeout_s;     /* response_timeout=SECONDS */
    uint32_t reconnect_max_s;        /* reconnect_max=SECONDS */
    uint32_t session_count;          /* binds=N sessions of each kind */
    uint32_t validity_s;             /* validity=SECONDS given to the SMSC, 0: none */
    uint32_t registered_delivery;    /* registered_delivery=VALUE when receipts are asked */
};

#define QUIRKS_TEXT_MAX 511

struct provider {
    struct provider_id id;
    enum provider_kind kind;
    enum bind_kind bind;
    bool enabled;
    uint32_t window; /* unanswered submits of one session */
    uint32_t tps;    /* submits a second of the whole provider, 0: no limit */
    char name[NAME_MAX_SIZE + 1];
    char address[ADDRESS_MAX_SIZE + 1];
    char system_id[65]; /* the letter says 15; real peers use longer ones */
    char password[65];
    char system_type[14];
    char quirks_text[QUIRKS_TEXT_MAX + 1]; /* "long=udh16,dcs0=latin1" */
    struct slice profile;                  /* HTTP: its INI text (edge/http_provider reads it) */
    struct quirks quirks;                  /* parsed from quirks_text */
};

/* Fills quirks from quirks_text. False: `out_problem` (256 bytes) names the bad part. */
bool provider_read_quirks(struct provider *provider, char *out_problem);

struct route {
    char destination[24]; /* "GB", "*", "+4477" */
    struct provider_id chain[CHAIN_MAX];
    uint32_t chain_count;
};

/* The route for a number: longest matching +prefix, else its country's, else "*"; NULL without any.
   `iso2` may be NULL or empty. */
const struct route *route_choose(const struct route *routes, size_t count, uint64_t number,
                                 const char *iso2);
/* "GB", "*" or "+digits" (at most 15). */
bool route_destination_is_valid(struct slice destination);
