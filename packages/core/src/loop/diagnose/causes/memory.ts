/** Causes around memory: a heap limit, the kernel's killer, or a limit of ours. */
import { exitEvidence, logRule, type Rule } from '../rule.ts';
import { clip } from '../words.ts';

const heapLimit = logRule({
  id: 'heap-limit',
  confidence: 0.99,
  anywhere: true,
  patterns: [
    /FATAL ERROR: .*(?:heap limit|JavaScript heap out of memory|invalid array length Allocation failed)/,
    /java\.lang\.OutOfMemoryError(?:: (.*))?/,
  ],
  say: ({ line }, facts) => {
    if (/java/.test(line)) return `out of memory: the Java heap is full (${clip(line, 70)})`;
    const collected = facts.lines.findLast((text) =>
      /\d+(?:\.\d+)? \(\d+(?:\.\d+)?\) -> /.test(text),
    );
    const megabytes = /(\d+)(?:\.\d+)? \(\d+(?:\.\d+)?\) -> (\d+)/.exec(collected ?? '')?.[2];
    const at = megabytes === undefined ? '' : ` at ${megabytes} MB`;
    return `out of memory: the JavaScript heap reached its limit${at} (--max-old-space-size)`;
  },
});

const pythonMemory = logRule({
  id: 'memory-error',
  confidence: 0.96,
  patterns: [
    /^(?:[\w.]+\.)?_?(?:Array)?MemoryError\b/,
    /std::bad_alloc|memory allocation of \d+ bytes failed|Cannot allocate memory|ENOMEM/,
    /fatal error: runtime: out of memory/,
  ],
  say: ({ line }) =>
    /MemoryError/.test(line)
      ? 'out of memory: Python could not get any more (MemoryError)'
      : `out of memory: the system gave no more (${clip(line, 70)})`,
});

const kernelKill: Rule = {
  id: 'out-of-memory-kill',
  phases: ['ended', 'fine'],
  explain(facts) {
    const { input, exit, phase } = facts;
    if (input.oomKillLine === null || exit === null || exit.posixSignal !== 'SIGKILL') return null;
    if (phase === 'fine' && input.nowMs - exit.atMs > 900_000) return null;
    const rss = /anon-rss:(\d+)kB/.exec(input.oomKillLine)?.[1];
    const size = rss === undefined ? '' : ` at ${Math.round(Number(rss) / 1_024)} MB`;
    const cgroup = /memcg|CONSTRAINT_MEMCG|Memory cgroup/.test(input.oomKillLine);
    const whose = cgroup
      ? 'its control group had no memory left'
      : 'the machine had no memory left';
    return {
      sentence: `killed by the kernel${size}: ${whose}`,
      confidence: 0.99,
      evidence: [
        { kind: 'exit', text: clip(input.oomKillLine, 300), atMs: exit.atMs },
        ...exitEvidence(facts),
      ],
      next: [],
    };
  },
};

/** The shim of the run saw that the kernel counted a kill in the run's control group. */
const groupKill: Rule = {
  id: 'memory-limit-kill',
  phases: ['ended', 'unready', 'fine'],
  explain(facts) {
    const { input, phase } = facts;
    const exit = input.view.lastExit;
    if (exit?.outOfMemory !== true || exit.endedBy !== null) return null;
    if (phase !== 'ended' && input.nowMs - exit.atMs > 900_000) return null;
    const limit = input.view.limits?.find((one) => one.limit === 'memory');
    const size = limit === undefined ? '' : ` of ${Math.round(limit.value / 1_048_576)} MB`;
    const isItself = exit.posixSignal === 'SIGKILL';
    const line = input.oomKillLine;
    return {
      sentence: isItself
        ? `killed by the kernel: it went over its memory limit${size}`
        : `ended after the kernel killed one of its processes: over its memory limit${size}`,
      confidence: phase === 'unready' ? 0.8 : 0.99,
      evidence: [
        { kind: 'exit', text: 'oom_kill counted in its control group', atMs: exit.atMs },
        ...(line === null
          ? []
          : [{ kind: 'exit' as const, text: clip(line, 300), atMs: exit.atMs }]),
        ...exitEvidence(facts),
      ],
      next: [],
    };
  },
};

/** Where no control group holds it: Fettle counted its processes and threads. */
const processLimit: Rule = {
  id: 'process-limit',
  phases: ['ended', 'unready'],
  explain(facts) {
    const { input } = facts;
    const exit = input.view.lastExit;
    if (exit?.endedBy !== 'process-limit' || input.nowMs - exit.atMs > 900_000) return null;
    return {
      sentence: 'ended by Fettle because it had more processes and threads than its limit',
      confidence: facts.phase === 'ended' ? 0.99 : 0.7,
      evidence: [{ kind: 'exit', text: 'ended by Fettle: process-limit', atMs: exit.atMs }],
      next: [],
    };
  },
};

const memoryLimit: Rule = {
  id: 'memory-limit',
  phases: ['ended', 'unready'],
  explain(facts) {
    const { input } = facts;
    const exit = input.view.lastExit;
    if (exit?.endedBy !== 'memory-limit' || input.nowMs - exit.atMs > 900_000) return null;
    return {
      sentence: 'ended by Fettle because it went over its memory limit',
      confidence: facts.phase === 'ended' ? 0.99 : 0.7,
      evidence: [{ kind: 'exit', text: 'ended by Fettle: memory-limit', atMs: exit.atMs }],
      next: [],
    };
  },
};

export const memoryCauses: readonly Rule[] = [
  groupKill,
  kernelKill,
  memoryLimit,
  processLimit,
  heapLimit,
  pythonMemory,
];
