import { expect, test } from 'vitest';
import { controls } from './controls.ts';
import { clashes, makeInclude, withInclude } from './make-file.ts';

test('every control is a target', () => {
  const text = makeInclude('fettle');
  for (const { name } of controls) expect(text).toMatch(new RegExp(`^service-${name}:`, 'm'));
});

test('a path with blanks and dollars stays one word', () => {
  expect(makeInclude('/opt/my $tools/fettle')).toContain("FETTLE ?= '/opt/my $$tools/fettle'");
});

test('the Makefile gets one line, once', () => {
  expect(withInclude(null)).toBe('include fettle.mk\n');
  expect(withInclude('all:\n\ttrue')).toBe('all:\n\ttrue\n\ninclude fettle.mk\n');
  expect(withInclude('-include fettle.mk\n')).toBeNull();
});

test('targets of ours that are there already are named', () => {
  expect(clashes('service-start service-x:\n\ttrue\nservice-stop := 1\n# service-logs:\n')).toEqual(
    ['service-start'],
  );
});
