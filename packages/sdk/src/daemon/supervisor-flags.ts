/**
 * How Node runs the supervisor: without the optimising compilers. It works for milliseconds a
 * minute, and their code and bookkeeping cost 13 MiB for its whole life (500 services: 75 MiB
 * resident with
 * them, 62 without; Node 24.21). The small nursery keeps the peak of a large start below that, too.
 */
export const supervisorFlags = ['--no-opt', '--no-maglev', '--max-semi-space-size=1'] as const;
