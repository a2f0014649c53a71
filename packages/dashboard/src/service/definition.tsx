/** The definition that the daemon holds; secret-looking values are redacted by the daemon. */
import { api } from '../api.ts';
import { useLoaded } from '../parts/loaded.ts';

export function DefinitionTab({ name }: { name: string }) {
  const { data, problem } = useLoaded(() => api.service(name), name, null);
  if (problem !== null) return <p class="banner warn">{problem}</p>;
  if (data === null) return <div class="panel skeleton" aria-busy="true" />;
  return (
    <pre class="panel code" tabIndex={0} aria-label={`Definition of ${name}`}>
      {JSON.stringify(data.definition, null, 2)}
    </pre>
  );
}
