// An SMSC on the npm package `smpp`: takes messages, sends receipts in three forms, inbound messages
// and a probe. Every PDU that comes is a JSON line on stdout; the first line tells the port.
// Usage: node server_node.js
'use strict';
const path = require('path');
const smpp = require(path.join(__dirname, '../node/node_modules/smpp'));

const THROTTLED = 0x58;
let receiver = null;
const early = []; // receipts from before the receiver has bound
let serial = 0xA0;
let open = 0;
let unbound = false;

function say(object) {
    process.stdout.write(JSON.stringify(object) + '\n');
}

function describe(pdu) {
    const line = {pdu: pdu.command, status: pdu.command_status, sequence: pdu.sequence_number};
    for (const name of ['system_id', 'password', 'interface_version', 'source_addr',
        'source_addr_ton', 'source_addr_npi', 'destination_addr', 'dest_addr_ton', 'dest_addr_npi',
        'esm_class', 'data_coding', 'registered_delivery', 'message_id']) {
        if (pdu[name] !== undefined) line[name] = pdu[name];
    }
    if (pdu.short_message !== undefined) {
        line.text = pdu.short_message.message;
        if (pdu.short_message.udh)
            line.udh = pdu.short_message.udh.map((element) => element.toString('hex'));
    }
    return line;
}

function receiptText(id) {
    return `id:${id} sub:001 dlvrd:001 submit date:2611210100 done date:2611210101 ` +
        'stat:DELIVRD err:000 text:';
}

// With text and TLVs, with text alone, as data_sm with TLVs: in turn.
function sendReceipt(submit, id, form) {
    const pdu = {
        esm_class: 0x04,
        source_addr: submit.destination_addr, source_addr_ton: 1, source_addr_npi: 1,
        destination_addr: submit.source_addr,
        dest_addr_ton: submit.source_addr_ton, dest_addr_npi: submit.source_addr_npi,
    };
    if (form !== 1) Object.assign(pdu, {receipted_message_id: id, message_state: 2});
    if (form === 2) receiver.data_sm(pdu);
    else receiver.deliver_sm(Object.assign(pdu, {short_message: receiptText(id)}));
}

function sendInbound() {
    const from = {
        source_addr: '447700900042', source_addr_ton: 1, source_addr_npi: 1,
        destination_addr: '32323', dest_addr_ton: 0, dest_addr_npi: 1,
    };
    const texts = [
        {short_message: 'Hello Godwit'}, // the package chooses data_coding 1
        {data_coding: 0, short_message: 'at @ pound \u00a3 euro \u20ac'},
        {data_coding: 3, short_message: 'caf\u00e9 \u00fc'},
        {data_coding: 8, short_message: '\u041f\u0440\u0438\u0432\u0435\u0442 \u{1F433}'},
        {data_coding: 0, short_message: {udh: Buffer.from([5, 0, 3, 0x77, 2, 1]), message: 'one '}},
        {data_coding: 0, short_message: {udh: Buffer.from([5, 0, 3, 0x77, 2, 2]), message: 'two'}},
        {data_coding: 0, short_message: 'three', sar_msg_ref_num: 513, sar_total_segments: 3,
            sar_segment_seqnum: 3},
    ];
    for (const text of texts) receiver.deliver_sm(Object.assign({}, from, text));
}

function onBind(session, pdu) {
    session.send(pdu.response({system_id: 'node'}));
    if (pdu.command === 'bind_transmitter') return;
    receiver = session;
    session.enquire_link();
    sendInbound();
    for (const send of early.splice(0)) send();
}

function onSubmit(session, pdu) {
    if (pdu.destination_addr.endsWith('58')) {
        session.send(pdu.response({command_status: THROTTLED}));
        return;
    }
    const form = serial % 3;
    const id = (serial++).toString(16);
    session.send(pdu.response({message_id: id}));
    if (receiver) sendReceipt(pdu, id, form);
    else early.push(() => sendReceipt(pdu, id, form));
}

const server = smpp.createServer((session) => {
    open++;
    session.on('pdu', (pdu) => say(describe(pdu)));
    for (const kind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver'])
        session.on(kind, (pdu) => onBind(session, pdu));
    session.on('submit_sm', (pdu) => onSubmit(session, pdu));
    session.on('enquire_link', (pdu) => session.send(pdu.response()));
    session.on('unbind', (pdu) => {
        unbound = true;
        session.send(pdu.response());
    });
    session.on('error', (error) => say({pdu: 'error', text: String(error)}));
    session.on('close', () => {
        if (--open === 0 && unbound) server.close(() => process.exit(0));
    });
});
server.listen(0, '127.0.0.1', () => say({port: server.address().port}));
setTimeout(() => process.exit(1), 60000).unref();
