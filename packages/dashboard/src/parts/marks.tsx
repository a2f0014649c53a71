/** The last sixty checks as a strip; the sentence beside it is for those who cannot see it. */
import type { CheckMark } from '@fettle/sdk/api/status';

export function Marks({ marks }: { marks: readonly CheckMark[] }) {
  if (marks.length === 0) return <span class="faint">no checks</span>;
  const failed = marks.filter((mark) => mark === 'failed').length;
  const label = `${marks.length - failed} of the last ${marks.length} checks passed`;
  return (
    <span class="marks" role="img" aria-label={label} title={label}>
      {marks.map((mark) => (
        <i class={mark} />
      ))}
    </span>
  );
}
