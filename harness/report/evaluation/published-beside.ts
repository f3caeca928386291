/** Published numbers of a benchmark beside an evaluation of it. What a source does not say cannot be assumed to be the same. */
import type { PublishedBeside } from '../../../reports/evaluation/evaluation-view.js';
import type { EvaluationRecord } from '../../records/evaluation-record.js';
import type { Benchmark } from '../../suite/benchmark/benchmark-schema.js';
import { type PublishedTable, readPublishedTables } from '../../suite/published.js';

type Row = PublishedTable['rows'][number];

export function publishedBeside({ published }: Benchmark, evaluation: EvaluationRecord): readonly PublishedBeside[] {
  if (published === undefined) return [];
  const [table] = readPublishedTables([published.table]);
  return published.columns.flatMap((column) =>
    table!.rows.flatMap((row): readonly PublishedBeside[] => {
      const value = row.values[column];
      if (value === undefined) return [];
      const differences = differencesOf(row, table!.columns[column]!, evaluation);
      return [
        {
          model: row.model,
          setting: row.setting,
          column: `${column}, ${table!.metric}`,
          value,
          comparable: differences.length === 0 ? 'yes' : `no: ${differences.join('; ')}`,
          caveat: row.caveat ?? '',
          source: { citation: row.source.citation, address: row.source.url },
        },
      ];
    }),
  );
}

/** Everything in which a published number is not known to have been measured as the evaluation was. */
function differencesOf(
  { prompt, maximumTokens, caveat }: Row,
  column: PublishedTable['columns'][string],
  { benchmark, data, items, outcomes, unscored }: EvaluationRecord,
): readonly string[] {
  const measured = 'data' in column ? column.data : undefined;
  const isPart = items.chosen < items.total || unscored > 0;
  return [
    ...(measured === undefined
      ? ['its data set is not known here']
      : measured.name === data.name && measured.split === data.split
        ? []
        : [`it is of ${measured.name}, ${measured.split}`]),
    ...(caveat === undefined ? [] : ['see its caveat']),
    ...compared('prompt', prompt, benchmark.prompt),
    ...compared('length of answers', maximumTokens, benchmark.maximumTokens),
    ...(isPart ? ['only a part was scored here'] : []),
    ...(benchmark.cutAnswers === 'failure' && outcomes.cut > 0 ? ['cut answers are not scored here'] : []),
  ];
}

function compared(what: string, published: unknown, here: unknown): readonly string[] {
  if (published === undefined) return [`its source states no ${what}`];
  return published === here ? [] : [`another ${what}`];
}
