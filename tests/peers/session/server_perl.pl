#!/usr/bin/perl
# An SMSC on Net::SMPP: takes messages, sends receipts, inbound messages and a probe. Every PDU that
# comes is a JSON line on stdout; the first line tells the port.
use strict;
use warnings;

use IO::Select;
use JSON::PP;
use Net::SMPP;

$| = 1;
alarm 60;
my $json = JSON::PP->new->canonical->latin1;
my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0, smpp_version => 0x34, async => 1)
    or die "cannot listen: $!";
my $select = IO::Select->new($listener);
my @early; # receipts from before the receiver has bound
my ($receiver, $serial, $open, $unbound) = (undef, 0xA0, 0, 0);

sub say_line {
    print $json->encode($_[0]), "\n";
}

my %names = (
    Net::SMPP::CMD_bind_receiver() => 'bind_receiver',
    Net::SMPP::CMD_bind_transmitter() => 'bind_transmitter',
    Net::SMPP::CMD_bind_transceiver() => 'bind_transceiver',
    Net::SMPP::CMD_submit_sm() => 'submit_sm',
    Net::SMPP::CMD_deliver_sm_resp() => 'deliver_sm_resp',
    Net::SMPP::CMD_enquire_link() => 'enquire_link',
    Net::SMPP::CMD_enquire_link_resp() => 'enquire_link_resp',
    Net::SMPP::CMD_unbind() => 'unbind',
);

sub describe {
    my ($pdu) = @_;
    my %line = (pdu => $names{$pdu->{cmd}} || sprintf('%08x', $pdu->{cmd}),
        status => $pdu->{status}, sequence => $pdu->{seq});
    for my $name (qw(system_id password interface_version source_addr source_addr_ton
        source_addr_npi destination_addr dest_addr_ton dest_addr_npi esm_class data_coding
        registered_delivery message_id)) {
        $line{$name} = $pdu->{$name} if defined $pdu->{$name};
    }
    $line{data} = unpack('H*', $pdu->{short_message}) if defined $pdu->{short_message};
    say_line(\%line);
}

sub send_receipt {
    my ($submit, $id) = @_;
    my @tlvs = $serial % 2 ? (receipted_message_id => "$id\0", message_state => "\x02") : ();
    $receiver->deliver_sm(
        esm_class => 0x04, source_addr => $submit->{destination_addr},
        destination_addr => $submit->{source_addr}, data_coding => 0,
        short_message => "id:$id sub:001 dlvrd:001 submit date:2611210100 done date:2611210101 "
            . 'stat:DELIVRD err:000 text:', @tlvs);
}

sub send_inbound {
    my @from = (source_addr => '447700900042', source_addr_ton => 1, source_addr_npi => 1,
        destination_addr => '32323', dest_addr_ton => 0, dest_addr_npi => 1);
    $receiver->deliver_sm(@from, data_coding => 0, short_message => "Hello \x00 \x01 \x1be");
    $receiver->deliver_sm(@from, data_coding => 8,
        short_message => pack('H*', '041f044004380432043504420020d83ddc33'));
    $receiver->deliver_sm(@from, data_coding => 0, esm_class => 0x40,
        short_message => pack('H*', '050003770202') . 'two');
}

my %handlers = (
    bind_transceiver => sub {
        my ($peer, $pdu) = @_;
        $peer->bind_transceiver_resp(system_id => 'perl', seq => $pdu->{seq});
        $receiver = $peer;
    },
    bind_receiver => sub {
        my ($peer, $pdu) = @_;
        $peer->bind_receiver_resp(system_id => 'perl', seq => $pdu->{seq});
        $receiver = $peer;
    },
    bind_transmitter => sub {
        my ($peer, $pdu) = @_;
        $peer->bind_transmitter_resp(system_id => 'perl', seq => $pdu->{seq});
    },
    submit_sm => sub {
        my ($peer, $pdu) = @_;
        my $throttled = $pdu->{destination_addr} =~ /58$/;
        my $id = $throttled ? '' : sprintf('%x', $serial++);
        $peer->submit_sm_resp(message_id => $id, seq => $pdu->{seq},
            status => $throttled ? 0x58 : 0);
        return if $throttled;
        if ($receiver) { send_receipt($pdu, $id) } else { push @early, [$pdu, $id] }
    },
    enquire_link => sub {
        my ($peer, $pdu) = @_;
        $peer->enquire_link_resp(seq => $pdu->{seq});
    },
    unbind => sub {
        my ($peer, $pdu) = @_;
        $peer->unbind_resp(seq => $pdu->{seq});
        $unbound = 1;
    },
);

sub close_peer {
    my ($peer) = @_;
    $select->remove($peer);
    $peer->close;
    $open--;
    exit 0 if $open == 0 && $unbound;
}

say_line({port => $listener->sockport + 0});
while (my @ready = $select->can_read) {
    for my $peer (@ready) {
        if ($peer == $listener) {
            $select->add(scalar $listener->accept);
            $open++;
            next;
        }
        local $SIG{__WARN__} = sub { }; # it warns of every end of a connection
        my $pdu = $peer->read_pdu;
        if (!$pdu) {
            close_peer($peer);
            next;
        }
        describe($pdu);
        my $name = $names{$pdu->{cmd}} || '';
        $handlers{$name}->($peer, $pdu) if $handlers{$name};
        if ($name eq 'bind_transceiver' || $name eq 'bind_receiver') {
            $receiver->enquire_link;
            send_inbound();
            send_receipt(@$_) for splice @early;
        }
    }
}
