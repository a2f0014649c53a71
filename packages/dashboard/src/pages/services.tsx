/** Every service with every column; filter and density live in the URL. */
import { status } from '../live.ts';
import { query, setQuery } from '../router.ts';
import { ServiceTable } from '../parts/service-table.tsx';

export function ServicesPage() {
  const now = status.value;
  const wanted = query.value.get('q') ?? '';
  const dense = query.value.get('dense') === '1';
  const onlyBad = query.value.get('bad') === '1';
  const services = (now?.services ?? []).filter(
    (service) =>
      `${service.name} ${service.state} ${service.why ?? ''}`.includes(wanted) &&
      (!onlyBad || !['ok', 'done', 'stopped'].includes(service.state)),
  );
  return (
    <>
      <div class="head">
        <h1>Services</h1>
        <span class="faint">
          {services.length} of {now?.services.length ?? 0}
        </span>
      </div>
      <section class="panel" aria-label="Services">
        <header>
          <label>
            <span class="visually-hidden">Filter</span>
            <input
              class="field"
              placeholder="Filter by name, state or why"
              value={wanted}
              onInput={(event) => setQuery({ q: event.currentTarget.value })}
            />
          </label>
          <button
            class="button"
            type="button"
            aria-pressed={onlyBad}
            onClick={() => setQuery({ bad: onlyBad ? '' : '1' })}
          >
            Only what is not ok
          </button>
          <button
            class="button"
            type="button"
            aria-pressed={dense}
            onClick={() => setQuery({ dense: dense ? '' : '1' })}
          >
            Dense rows
          </button>
        </header>
        {now === null ? (
          <div class="skeleton" aria-busy="true" />
        ) : services.length === 0 ? (
          <p class="empty">
            No service matches.{' '}
            <button class="button" type="button" onClick={() => setQuery({ q: '', bad: '' })}>
              Show all
            </button>
          </p>
        ) : (
          <ServiceTable services={services} wide dense={dense} />
        )}
      </section>
    </>
  );
}
