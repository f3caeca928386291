/** The provenance of all runs as lines; what differs between runs is listed with every value. */
import type { FindingReportView } from '../../reports/index.js';
import type { Provenance } from '../records/provenance.js';
import { isSealed } from '../records/record-digests.js';
import type { Statement } from '../records/statement.js';
import type { PlacedRun } from '../verdict/placed-runs.js';

/** What the digests of the records are worth. */
function digestLines(runs: readonly PlacedRun[]): FindingReportView['provenance'] {
  if (!runs.every(({ result }) => isSealed(result))) return [];
  return [
    { label: 'Digests', value: 'every file of the records is as it was written; a digest finds damage, not forgery' },
  ];
}

export function provenanceLines(runs: readonly PlacedRun[]): FindingReportView['provenance'] {
  const line = (label: string, of: (provenance: Provenance) => string | undefined) => {
    const values = [...new Set(runs.flatMap(({ provenance }) => of(provenance) ?? []))];
    return values.length === 0 ? [] : [{ label, value: values.join('; ') }];
  };
  return [
    ...line('vlm-bench', ({ packageVersion }) => packageVersion),
    ...line('Git commit', ({ git }) => git?.commit),
    ...line('Uncommitted changes', ({ git }) => git && (git.dirtyDiff ? `SHA-256 ${git.dirtyDiff}` : 'none')),
    ...line('Suite and pilot', ({ statement }) => statement && statementText(statement)),
    ...line('Code that decides the bits', ({ codeVersion }) => codeVersion),
    ...line('package-lock.json', ({ lockfile }) => lockfile),
    ...line('Data', ({ data }) => `${data.name}, fingerprint ${data.fingerprint}`),
    ...line('Data of earlier stages', ({ trainingData }) =>
      trainingData?.map(({ name, fingerprint }) => `${name}, fingerprint ${fingerprint}`).join('; '),
    ),
    ...line('Weights that training started from', ({ weights }) =>
      weights?.map(({ part, name, digest }) => `${part}: ${name}, digest ${digest}`).join('; '),
    ),
    ...line('Engine', ({ engine }) => `${engine.name}, ${engine.precision}`),
    ...line('Engine numerics', ({ engine }) => engine.numerics),
    ...line('Node.js', ({ machine }) => machine.node),
    ...line('Operating system', ({ machine }) => machine.system),
    ...line('Processor', ({ machine }) => `${machine.processor}, ${machine.cores} cores`),
    ...line('Memory', ({ machine }) => `${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB`),
    ...digestLines(runs),
  ];
}

function statementText({ suite, pilot, committed, at }: Statement): string {
  const texts = `suite SHA-256 ${suite}, ${pilot === undefined ? 'no pilot' : `pilot SHA-256 ${pilot}`}`;
  return `${texts}, ${committed ? `as of ${at}` : 'not committed as they were'}`;
}
