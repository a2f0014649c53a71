/**
 * NOTIFY_SOCKET, as systemd gives it: a service says READY=1, STATUS=…, WATCHDOG=1 there.
 *
 * Node cannot open a Unix datagram socket. Therefore a few lines of Perl (in Debian's essential
 * `perl-base`, on macOS, in most images) stand before the program: they bind the socket, leave a
 * reader behind, and become the program, with its pid. The socket is there before the program's
 * first line, the reader belongs to the run's tree and outlives every daemon of ours, and no
 * daemon has to be awake for a message to be kept. The reader keeps one small record that is
 * written in place: its number stands first and last, so that a torn one is known as such.
 * Source: systemd, sd_notify(3).
 *
 * Arguments: socket, record, program, arguments…
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { notifyFile, type StatePaths } from '@fettle/sdk/daemon/paths';
import type { CommandTrouble } from './command-check.ts';

const script = String.raw`
use Socket;
my ($at, $file, @program) = @ARGV;
unlink $at;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die "fettle: no socket: $!\n";
bind($s, pack_sockaddr_un($at)) or die "fettle: cannot listen on $at: $!\n";
open(my $f, '>', $file) or die "fettle: cannot write $file: $!\n";
my $service = $$;
my $middle = fork;
defined $middle or die "fettle: cannot fork: $!\n";
if ($middle == 0) {
  exit 0 if fork;
  $SIG{$_} = 'IGNORE' for qw(HUP INT QUIT TERM USR1 USR2 ALRM PIPE);
  open($_->[0], $_->[1], '/dev/null') for [*STDIN, '<'], [*STDOUT, '>'], [*STDERR, '>'];
  my %said = (READY => 0, PINGS => 0);
  my $number = 0;
  for (;;) {
    $number += 1;
    my $text = "$number\n" . join('', map { "$_=$said{$_}\n" } sort keys %said) . "end=$number\n";
    sysseek($f, 0, 0);
    syswrite($f, $text);
    my $heard = '';
    until ($heard) {
      vec($heard, fileno($s), 1) = 1;
      next if select($heard, undef, undef, 10);
      $heard = '';
      next if kill(0, $service) || $! == 1;
      unlink $at;
      exit 0;
    }
    next unless defined recv($s, my $message, 8192, 0);
    for (split /\n/, $message) {
      my ($name, $value) = /^([A-Z_]+)=([^\0-\x1f]{0,200})/ or next;
      if ($name eq 'WATCHDOG' && $value eq '1') { $said{PINGS} += 1 }
      elsif ($name eq 'WATCHDOG') { $said{TRIGGER} = 1 }
      elsif ($name eq 'READY') { $said{READY} = 1; delete @said{qw(RELOADING STOPPING)} }
      elsif ($name =~ /^(STATUS|MAINPID|ERRNO|WATCHDOG_USEC|RELOADING|STOPPING)$/) {
        $said{$name} = $value;
      }
    }
  }
}
waitpid $middle, 0;
close $s;
close $f;
exec { $program[0] } @program or die "fettle: cannot run $program[0]: $!\n";
`;

/** Room that `sun_path` has, without the last NUL. */
const maxPath = 107;

export type NotifyWish = Readonly<{ watchdogMs: number | null }>;
export type Notified = Readonly<{
  command: readonly string[];
  environment: Readonly<Record<string, string>>;
}>;

/** The command and the environment with a socket; or why there can be none. */
export function withNotifySocket(
  { watchdogMs }: NotifyWish,
  token: string,
  command: readonly string[],
  paths: StatePaths,
): Notified | CommandTrouble {
  const perl = ['/usr/bin/perl', '/usr/local/bin/perl', '/bin/perl'].find((one) => existsSync(one));
  if (perl === undefined) {
    const message = 'its check is `notify`, and that needs perl, which is not installed here';
    return { code: 'E-NOTIFY-HELPER', message };
  }
  const socket = join(paths.runtimeDir, `${token}.notify`);
  if (Buffer.byteLength(socket) > maxPath) {
    const message = `the path of its NOTIFY_SOCKET is too long: ${socket}`;
    return { code: 'E-NOTIFY-HELPER', message };
  }
  return {
    command: [perl, '-e', script, '--', socket, notifyFile(paths, token), ...command],
    environment: {
      NOTIFY_SOCKET: socket,
      ...(watchdogMs === null ? {} : { WATCHDOG_USEC: `${Math.round(watchdogMs * 1_000)}` }),
    },
  };
}

/** What a run leaves behind. */
export function notifyLeftovers(paths: StatePaths, token: string): readonly string[] {
  return [notifyFile(paths, token), join(paths.runtimeDir, `${token}.notify`)];
}
