/**
 * The services of the simulated year: every rule for missed and overlapping runs, in several
 * zones.
 */
import type { Schedule } from '@fettle/core/stack/schedule';
import type { Service } from '@fettle/core/stack/service';
import { serviceOf } from '@fettle/core/supervise/stage';

const usual: Schedule = {
  cron: '@hourly',
  timezone: 'UTC',
  missed: 'once',
  overlap: 'skip',
  jitterMs: 0,
  graceMs: 600_000,
  maxRuntimeMs: null,
};

const schedules: Readonly<Record<string, Partial<Schedule>>> = {
  quarterly: { cron: '*/15 * * * *', timezone: 'Europe/Berlin', missed: 'skip' },
  hourly: { timezone: 'America/New_York', missed: 'all', overlap: 'queue' },
  nightly: { cron: '30 2 * * *', timezone: 'Europe/Berlin' },
  early: {
    cron: '15,45 1-3 * * *',
    timezone: 'America/New_York',
    missed: 'skip',
    overlap: 'queue',
  },
  halves: { cron: '*/30 0-3 * * *', timezone: 'Australia/Lord_Howe', overlap: 'replace' },
  midnight: { cron: '@daily', timezone: 'Africa/Cairo', missed: 'all' },
  office: {
    cron: '0 8-18/2 * * mon-fri',
    timezone: 'Asia/Kolkata',
    missed: 'skip',
    overlap: 'replace',
  },
  spread: { cron: '*/20 * * * *', jitterMs: 300_000, overlap: 'queue' },
};

export const yearServices: readonly Service[] = Object.entries(schedules).map(([name, more]) =>
  serviceOf(name, { restart: 'no', oneShot: true, schedule: { ...usual, ...more } }),
);
