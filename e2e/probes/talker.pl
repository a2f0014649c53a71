# A service that speaks sd_notify: ready once the file `go` is there, and a ping every 100 ms while the
# file `mute` is not. At SIGTERM it says STOPPING=1 and ends.
use Socket;
$| = 1;
socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die $!;
sub tell_manager { send($socket, $_[0], 0, pack_sockaddr_un($ENV{NOTIFY_SOCKET})) or die "send: $!" }
$SIG{TERM} = sub { tell_manager("STOPPING=1\nSTATUS=good bye"); exit 0 };
print "watchdog $ENV{WATCHDOG_USEC}\n";
tell_manager("STATUS=warming up");
select(undef, undef, undef, 0.05) until -e 'go';
tell_manager("READY=1\nSTATUS=serving\nMAINPID=$$");
for (;;) {
  select(undef, undef, undef, 0.1);
  tell_manager("WATCHDOG=1") unless -e 'mute';
}
