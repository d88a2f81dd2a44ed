/* command_status: what a response says about its request (SMPP 3.4 5.1.3), by the specification's
   own names. What follows from a status - try again, another route, give up - is a table of each
   link's profile, not of the wire. */
#pragma once

#include "base/slice.h"

/* The last rows are the ones of SMPP 5 (4.7.6) that message traffic meets. */
#define SMPP_STATUS_TABLE(X)                                                                       \
    X(ESME_ROK, 0x000, "no error")                                                                 \
    X(ESME_RINVMSGLEN, 0x001, "message length is invalid")                                         \
    X(ESME_RINVCMDLEN, 0x002, "command length is invalid")                                         \
    X(ESME_RINVCMDID, 0x003, "command id is unknown")                                              \
    X(ESME_RINVBNDSTS, 0x004, "this bind does not allow this command")                             \
    X(ESME_RALYBND, 0x005, "already bound")                                                        \
    X(ESME_RINVPRTFLG, 0x006, "priority_flag is invalid")                                          \
    X(ESME_RINVREGDLVFLG, 0x007, "registered_delivery is invalid")                                 \
    X(ESME_RSYSERR, 0x008, "system error")                                                         \
    X(ESME_RINVSRCADR, 0x00A, "source address is invalid")                                         \
    X(ESME_RINVDSTADR, 0x00B, "destination address is invalid")                                    \
    X(ESME_RINVMSGID, 0x00C, "message id is invalid")                                              \
    X(ESME_RBINDFAIL, 0x00D, "bind failed")                                                        \
    X(ESME_RINVPASWD, 0x00E, "password is invalid")                                                \
    X(ESME_RINVSYSID, 0x00F, "system id is invalid")                                               \
    X(ESME_RCANCELFAIL, 0x011, "cancel_sm failed")                                                 \
    X(ESME_RREPLACEFAIL, 0x013, "replace_sm failed")                                               \
    X(ESME_RMSGQFUL, 0x014, "message queue is full")                                               \
    X(ESME_RINVSERTYP, 0x015, "service type is invalid")                                           \
    X(ESME_RINVNUMDESTS, 0x033, "number of destinations is invalid")                               \
    X(ESME_RINVDLNAME, 0x034, "distribution list name is invalid")                                 \
    X(ESME_RINVDESTFLAG, 0x040, "destination flag is invalid")                                     \
    X(ESME_RINVSUBREP, 0x042, "submit with replace is invalid")                                    \
    X(ESME_RINVESMCLASS, 0x043, "esm_class is invalid")                                            \
    X(ESME_RCNTSUBDL, 0x044, "cannot submit to the distribution list")                             \
    X(ESME_RSUBMITFAIL, 0x045, "submit failed")                                                    \
    X(ESME_RINVSRCTON, 0x048, "source type of number is invalid")                                  \
    X(ESME_RINVSRCNPI, 0x049, "source numbering plan is invalid")                                  \
    X(ESME_RINVDSTTON, 0x050, "destination type of number is invalid")                             \
    X(ESME_RINVDSTNPI, 0x051, "destination numbering plan is invalid")                             \
    X(ESME_RINVSYSTYP, 0x053, "system_type is invalid")                                            \
    X(ESME_RINVREPFLAG, 0x054, "replace_if_present flag is invalid")                               \
    X(ESME_RINVNUMMSGS, 0x055, "number of messages is invalid")                                    \
    X(ESME_RTHROTTLED, 0x058, "throttled: over the allowed rate")                                  \
    X(ESME_RINVSCHED, 0x061, "scheduled delivery time is invalid")                                 \
    X(ESME_RINVEXPIRY, 0x062, "validity period is invalid")                                        \
    X(ESME_RINVDFTMSGID, 0x063, "predefined message is invalid or missing")                        \
    X(ESME_RX_T_APPN, 0x064, "receiver refuses for now")                                           \
    X(ESME_RX_P_APPN, 0x065, "receiver refuses for good")                                          \
    X(ESME_RX_R_APPN, 0x066, "receiver rejects the message")                                       \
    X(ESME_RQUERYFAIL, 0x067, "query_sm failed")                                                   \
    X(ESME_RINVOPTPARSTREAM, 0x0C0, "optional parameters are broken")                              \
    X(ESME_ROPTPARNOTALLWD, 0x0C1, "optional parameter is not allowed")                            \
    X(ESME_RINVPARLEN, 0x0C2, "parameter length is invalid")                                       \
    X(ESME_RMISSINGOPTPARAM, 0x0C3, "optional parameter is missing")                               \
    X(ESME_RINVOPTPARAMVAL, 0x0C4, "optional parameter value is invalid")                          \
    X(ESME_RDELIVERYFAILURE, 0x0FE, "delivery failed")                                             \
    X(ESME_RUNKNOWNERR, 0x0FF, "unknown error")                                                    \
    X(ESME_RSERTYPUNAUTH, 0x100, "service type is not authorised")                                 \
    X(ESME_RPROHIBITED, 0x101, "the operation is prohibited")                                      \
    X(ESME_RSERTYPUNAVAIL, 0x102, "service type is unavailable")                                   \
    X(ESME_RSERTYPDENIED, 0x103, "service type is denied")                                         \
    X(ESME_RINVDCS, 0x104, "data_coding is invalid")                                               \
    X(ESME_RINVSRCADDRSUBUNIT, 0x105, "source address subunit is invalid")                         \
    X(ESME_RINVDSTADDRSUBUNIT, 0x106, "destination address subunit is invalid")

#define SMPP_STATUS_ENUM(name, value, text) name = (value),
enum smpp_status { SMPP_STATUS_TABLE(SMPP_STATUS_ENUM) };
#undef SMPP_STATUS_ENUM

/* 5.1.3: SMSC vendors' own errors. */
#define SMPP_STATUS_VENDOR_FIRST 0x400u
#define SMPP_STATUS_VENDOR_LAST  0x4FFu

/* "ESME_RTHROTTLED"; "vendor" in the vendors' range, "reserved" for what has no name. */
const char *smpp_status_name(uint32_t status);
/* A few words for people, never NULL. */
const char *smpp_status_text(uint32_t status);
/* The value of a name, with or without the ESME_ and in any case, or of 0x.. and decimal digits,
   as an operator writes it in a link's profile. */
bool smpp_status_parse(struct slice text, uint32_t *out);
