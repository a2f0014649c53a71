#!/usr/bin/perl
# The smallest service that answers HTTP and can talk: `tiny-service.pl LINES_PER_SECOND`. In Perl,
# because a hundred of them must fit beside what is measured.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

my $rate = shift // 0;
my $server = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1', LocalPort => $ENV{PORT}, Listen => 16, ReuseAddr => 1,
) or die "cannot listen: $!";
my $select = IO::Select->new($server);
my $count = 0;
my $next = time;
$| = 1;
while (1) {
    my $wait = $rate > 0 ? $next - time : undef;
    for my $socket ($select->can_read(defined $wait && $wait < 0 ? 0 : $wait)) {
        if ($socket == $server) { my $client = $server->accept; $select->add($client) if $client; next }
        my $asked = '';
        if (sysread($socket, $asked, 4096)) {
            syswrite($socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        }
        $select->remove($socket);
        close $socket;
    }
    next unless $rate > 0 && time >= $next;
    $next = time + 0.1;
    my $text = '';
    for (1 .. $rate / 10) {
        $count++;
        my $ms = 3 + $count % 40;
        my $kind = $count % 10;
        $text .= $kind < 6 ? qq(127.0.0.1 - - [21/Nov/2026:14:05:29 +0000] "GET /orders/$count HTTP/1.1" 200 512 "-" "shop/1.0" $ms\n)
            : $kind < 8 ? qq({"level":30,"time":1763733929000,"msg":"order $count paid in $ms ms","order":$count}\n)
            : $kind < 9 ? "2026-11-21T14:05:29.123Z INFO cache: $count entries, hit ratio 0.$ms\n"
            :             "2026-11-21T14:05:29.123Z WARN pool: waited $ms ms for a connection (user u$count)\n";
    }
    syswrite(STDOUT, $text);
}
