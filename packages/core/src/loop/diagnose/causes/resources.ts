/** Causes in the machine: handles, disk, rights. */
import { logRule, type Rule } from '../rule.ts';
import { clipMiddle } from '../words.ts';

const tooManyFiles = logRule({
  id: 'too-many-open-files',
  confidence: 0.96,
  patterns: [/\bEMFILE\b|\bENFILE\b/, /too many open files/i, /\[Errno 24\]/],
  say: ({ line }) =>
    /ENFILE/.test(line)
      ? 'the machine ran out of file handles (ENFILE)'
      : 'too many open files: it reached its own limit (EMFILE), often a leak of connections or files',
});

const diskFull = logRule({
  id: 'disk-full',
  confidence: 0.97,
  patterns: [
    /ENOSPC: .*?(?:'([^']+)')?$/,
    /No space left on device(?:: '([^']+)')?/i,
    /\[Errno 28\]|database or disk is full|SQLITE_FULL/,
    /System limit for number of file watchers reached/,
    /\[Errno 122\]|Disk quota exceeded|EDQUOT/i,
  ],
  say: ({ groups, line }) => {
    if (/file watchers/.test(line))
      return 'the limit of file watchers is reached (fs.inotify.max_user_watches)';
    if (/quota|EDQUOT|122/i.test(line)) return 'its disk quota is used up';
    const at =
      groups[1] === undefined || groups[1] === '' ? '' : ` (writing ${clipMiddle(groups[1], 70)})`;
    return `the disk is full${at}`;
  },
  next: () => ['df -h'],
});

const readOnly = logRule({
  id: 'read-only-filesystem',
  confidence: 0.97,
  patterns: [
    /EROFS: .*?'([^']+)'/,
    /Read-only file system: '([^']+)'/,
    /(?<![^\s:'])([^\s:']+)'?: Read-only file system/,
    /EROFS|[Rr]ead-only file system|attempt to write a readonly database|SQLITE_READONLY/,
  ],
  say: ({ groups, line }) => {
    if (/readonly database|SQLITE_READONLY/.test(line))
      return 'the SQLite database is read-only for it';
    const path = groups[1] === undefined || groups[1] === '' ? '' : ` ${clipMiddle(groups[1], 80)}`;
    return `cannot write${path}: the file system is mounted read-only`;
  },
  next: () => ['findmnt'],
});

const denied = logRule({
  id: 'permission-denied',
  confidence: 0.94,
  patterns: [
    /(?:listen|bind) (EACCES)[^\n]*?:(\d+)/,
    /(?:EACCES|EPERM): (?:permission denied|operation not permitted), (?:\w+) '([^']+)'/,
    /PermissionError: \[Errno (?:13|1)\] [^:]+: '([^']+)'/,
    /(?<![^\s:'])([^\s:']+)'?: [Pp]ermission denied/,
    /PermissionError|EACCES|[Pp]ermission denied \(os error 13\)|AccessDeniedException: (\S+)/,
  ],
  say: ({ groups, line }, facts) => {
    if (facts.exit?.code === 126) return null;
    if (groups[1] === 'EACCES')
      return `may not listen on port ${groups[2]}: ports below 1024 need a privilege`;
    if (/password|publickey|authentication/i.test(line)) return null;
    const path = groups[1] === undefined || groups[1] === '' ? '' : ` ${clipMiddle(groups[1], 90)}`;
    if (path === '' && /bind|listen/i.test(line))
      return 'may not listen on its port (permission denied)';
    return `permission denied${path === '' ? '; the log does not name the file' : ` for${path}`}`;
  },
  next: () => ['id'],
});

const tooManyProcesses = logRule({
  id: 'too-many-processes',
  confidence: 0.95,
  patterns: [
    /can't start new thread|unable to create (?:new )?native thread|pthread_create.*EAGAIN/,
    /(?:spawn|fork)\S* .*EAGAIN|fork: (?:retry: )?Resource temporarily unavailable|Cannot fork/,
    /BlockingIOError: \[Errno 11\]/,
  ],
  say: ({ line }) =>
    /thread/.test(line)
      ? 'could not start another thread: its limit of threads and processes is reached'
      : 'could not start another process: its limit of processes is reached',
});

const databaseLocked = logRule({
  id: 'database-locked',
  confidence: 0.95,
  patterns: [
    /SQLITE_BUSY|SQLITE_LOCKED/,
    /database (?:table )?is locked/i,
    /canceling statement due to lock timeout|could not obtain lock/,
  ],
  say: ({ line }) => {
    if (/lock timeout|obtain lock/.test(line)) return 'gave up waiting for a lock in the database';
    return 'the SQLite database was locked by another connection';
  },
});

export const resourceCauses: readonly Rule[] = [
  tooManyFiles,
  diskFull,
  readOnly,
  databaseLocked,
  tooManyProcesses,
  denied,
];
