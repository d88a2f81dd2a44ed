/* The shapes of the tables that tools/phone generates from the world's numbering plans. Only
   phone.c reads them.

   A plan is a decision graph for each calling code and national length: a place below
   PHONE_NODES_FROM is the answer, `region index * 16 + enum phone_type`, 0 for a number that is
   not assigned; from there on it is a node, whose row gives the next place for each digit. Graphs
   share their nodes and are as deep as their length at most, so a walk reads no digit twice. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire/phone.h"

#define PHONE_NODES_FROM    4096
#define PHONE_NATIONAL_MAX  17 /* digits of the longest national number (Japan, Indonesia) */
#define PHONE_TRANSFORM_MAX 8  /* with its NUL */

/* The prefixes that people dial in front of a number are patterns. They run as programs of 16-bit
   steps: an operation above 12 bits of argument. */
enum phone_step {
    PHONE_STEP_DIGIT, /* one digit out of the set in the argument, bit d = digit d */
    PHONE_STEP_TRY,   /* the next step, or the argument's when that leads nowhere */
    PHONE_STEP_JUMP,
    PHONE_STEP_MARK, /* group i begins (argument 2i) or ends (2i + 1) here */
    PHONE_STEP_END,  /* no digit may follow */
    PHONE_STEP_MATCH,
};
#define PHONE_MARKS_MAX 8

struct phone_prefix {
    uint16_t first_step;
    uint16_t first_digits; /* a match begins with one of this set ... */
    bool may_be_empty;     /* ... unless it can be empty */
    uint8_t groups;
};

/* Row 0 stands for no region. */
struct phone_region {
    char iso2[3]; /* "" for codes without a country */
    char iso3[4];
    char transform[PHONE_TRANSFORM_MAX]; /* what replaces the national prefix, $1 = its first group;
                                            "" nothing */
    uint8_t code;                        /* row of phone_codes */
    uint16_t root; /* row of phone_roots: the places to start from, by length. These graphs
                      answer 1 when the region's general pattern matches */
    uint8_t international_prefix; /* row of phone_prefixes, 0 none */
    uint8_t national_prefix;
    uint32_t lengths; /* bit n: national numbers of n digits are possible */
};

struct phone_code {
    uint16_t calling_code;
    uint16_t root; /* as above; these graphs answer with region and type */
    uint8_t main_region;
    uint8_t size;     /* digits of the code */
    uint32_t lengths; /* of all its regions */
};
