/** The frame of every page: rail, one-sentence state, live dot, and the stale banner. */
import type { ComponentChildren } from 'preact';
import { formatDuration } from '@fettle/sdk/duration';
import { helpOpen, searchOpen } from './keys.ts';
import { ago } from './format.ts';
import { fetchedAtMs, nowMs, silentMs, stale, status } from './live.ts';
import { ConfirmDialog, Toast } from './parts/confirm.tsx';
import { Icon, type IconName } from './parts/icon.tsx';
import { KeyHelp, Palette } from './parts/palette.tsx';
import { path } from './router.ts';
import { theme, toggleTheme } from './theme.ts';

const places: readonly Readonly<{ url: string; label: string; icon: IconName }>[] = [
  { url: '/', label: 'Overview', icon: 'overview' },
  { url: '/s', label: 'Services', icon: 'services' },
  { url: '/i', label: 'Incidents', icon: 'incidents' },
  { url: '/approvals', label: 'Approvals', icon: 'approvals' },
  { url: '/r', label: 'Runbooks', icon: 'runbooks' },
  { url: '/ports', label: 'Ports', icon: 'ports' },
  { url: '/events', label: 'Events', icon: 'events' },
];

function isHere(url: string): boolean {
  return url === '/' ? path.value === '/' : path.value === url || path.value.startsWith(`${url}/`);
}

function Rail() {
  return (
    <nav class="rail" aria-label="Pages">
      <a class="brand" href="/">
        <img src="/icon.svg" alt="" />
        <span>fettle</span>
      </a>
      {places.map(({ url, label, icon }) => (
        <a key={url} class="nav" href={url} aria-current={isHere(url) ? 'page' : undefined}>
          <Icon name={icon} />
          <span>{label}</span>
        </a>
      ))}
      <div class="rail-foot">
        <span class="wide">v{status.value?.daemon.version ?? '…'}</span>
      </div>
    </nav>
  );
}

function Top() {
  const now = status.value;
  return (
    <header class="top">
      <span class="stack">{now?.stack ?? 'fettle'}</span>
      <span class="sentence" role="status" aria-live="polite">
        {now?.summary ?? 'Loading …'}
      </span>
      <div class="end">
        <span class="state small" title="Live updates">
          <span class={stale.value ? 'state unknown' : 'state ok'}>
            <i aria-hidden="true">{stale.value ? '○' : '●'}</i>
            {stale.value ? 'not live' : 'live'}
          </span>
        </span>
        <button class="icon-button" type="button" onClick={() => (searchOpen.value = true)}>
          <Icon name="search" />
          <span class="visually-hidden">Search (Ctrl-K)</span>
        </button>
        <button class="icon-button" type="button" onClick={toggleTheme}>
          <Icon name="theme" />
          <span class="visually-hidden">
            Switch to {theme.value === 'dark' ? 'light' : 'dark'} colours
          </span>
        </button>
        <button class="icon-button" type="button" onClick={() => (helpOpen.value = true)}>
          <Icon name="help" />
          <span class="visually-hidden">Keys</span>
        </button>
      </div>
    </header>
  );
}

function StaleBanner() {
  const now = status.value;
  if (stale.value) {
    const from =
      fetchedAtMs.value === 0 ? 'never' : new Date(fetchedAtMs.value).toLocaleTimeString();
    return (
      <div class="banner warn" role="alert">
        Live updates stopped {formatDuration(silentMs.value)} ago, retrying; data below is from{' '}
        {from}.
      </div>
    );
  }
  if (now !== null && !now.daemon.supervisorConnected)
    return (
      <div class="banner warn" role="alert">
        The supervisor is away: services run on, nobody restarts them. Start it again with
        <code>fettle up -d</code>
      </div>
    );
  if (now?.configChanged)
    return (
      <div class="banner warn" role="status">
        <span>
          {now.configChanged.file} changed {ago(now.configChanged.at, nowMs.value)} ago and was not
          applied. <code>fettle up -d</code> says what would restart, and does it.
        </span>
      </div>
    );
  return null;
}

export function Shell({ children }: { children: ComponentChildren }) {
  return (
    <div class={stale.value ? 'shell hollow' : 'shell'}>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Rail />
      <div class="page">
        <Top />
        <main id="main" tabIndex={-1}>
          <StaleBanner />
          {children}
        </main>
      </div>
      <ConfirmDialog />
      <Palette />
      <KeyHelp />
      <Toast />
    </div>
  );
}
