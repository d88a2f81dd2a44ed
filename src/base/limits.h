/* Every bound in one place, with the reason for its size. */
#pragma once

#define NAME_MAX_SIZE      63   /* names of accounts, providers, templates: a line on a page */
#define SENDER_MAX_SIZE    20   /* SMPP 3.4 4.4.1: source_addr holds 20 octets and a NUL */
#define TEXT_MAX_BYTES     8192 /* 1,600 characters (Robase, the longest) at 4 bytes, and room */
#define CARRIER_ID_MAX     64   /* SMPP 3.4 4.4.2: message_id holds 64 octets and a NUL */
#define ADDRESS_MAX_SIZE   255  /* host:port or a path */
#define URL_MAX_SIZE       2047 /* longest URL that every proxy carries */
#define SECRET_MAX_SIZE    127
#define SCOPES_MAX_SIZE    255
#define SHORTCODE_MAX_SIZE 32  /* [a-z0-9_-]{1,32} */
#define ERROR_TEXT_MAX     127 /* and what it says of it in a sentence */
#define ERROR_WORD_MAX     31  /* a carrier's error as written in a receipt */
#define CHAIN_MAX          8   /* providers of one route */
#define PROVIDERS_MAX      1024
#define PROFILE_MAX_SIZE   16384 /* an HTTP provider's profile with its body template */
#define COUNTRIES_MAX_SIZE 127   /* 32 countries of a sender id: "NG,GH,..." */
#define PAPER_MAX_SIZE     2047  /* each of the texts that register a sender id */
#define SLUG_MAX_SIZE      79    /* a template's name, and a suffix that makes it unique */
#define ONCE_KEY_MAX       255   /* an idempotency key */
#define BATCH_ROWS_MAX     1000  /* rows of one batch of distinct messages */
#define WINDOW_MAX         10000 /* unanswered submits of one provider */

#define TICK_COMMANDS_MAX  4096   /* commands in one commit: 4,096 sends are about 4 MB of pages */
#define QUEUE_COMMANDS_MAX 65536  /* commands waiting for a tick; over it customers get 503 */
#define QUEUE_ROWS_MAX     200000 /* rows of batches waiting likewise: 600 bytes each, and texts */

#define REHEARSED_MAX      1000000 /* test messages on their way */

/* What stays in memory while the rest waits on disk. Tests build the core with small ones. */
#ifndef LOADED_MAX
#define LOADED_MAX     16384   /* waiting recipients of one provider */
#define LOAD_PAGE      1024    /* read at once when memory has room: about 2 ms */
#define PUSHING_MAX    512     /* webhooks in the works */
#define PUSH_PAGE      128     /* read at once when there is room for them */
#define PARKED_MAX     1000000 /* receipts that match nothing yet */
#define RELEASE_PAGE   1024    /* scheduled messages that become due in one tick */
#define EVENT_PAGE     512     /* events that become deliveries in one tick */
#define ONCE_HOT_MAX   524288  /* idempotency keys in a map; more go to sorted runs on disk */
#define KEY_PAGE_PAIRS 4096    /* of those in one page: 64 KiB */
#endif
