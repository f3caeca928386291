/**
 * METEOR of caption records: our own, or the original jar's if the user names it.
 */
import {
  type BootstrapOptions,
  type CaptionRecord,
  checkCaptionRecords,
  formatSignature,
  type MetricScore,
  ptbTokeniser,
  scoreCaptions,
  scoreMeteor,
} from '../../metrics/index.js';
import { UserError } from '../errors.js';
import { loadWordKnowledge } from './word-knowledge.js';

const JAVA = 'java';

interface MeteorOptions {
  readonly jar: string | undefined;
  readonly split: string | undefined;
  /** Number and fingerprint of the images where they are not all. */
  readonly subset: string | undefined;
  readonly bootstrap: BootstrapOptions | undefined;
}

export async function scoreMeteorRecords(
  records: readonly CaptionRecord[],
  { jar, split, subset, bootstrap }: MeteorOptions,
): Promise<MetricScore> {
  if (jar !== undefined) return scoreWithJar(records, jar, { split, subset });
  return scoreMeteor(records, await loadWordKnowledge(), { split, subset, bootstrap });
}

/** Runs the jar once for all records, with a fixed locale: elsewhere it writes numbers with decimal commas. No interval. */
async function scoreWithJar(
  records: readonly CaptionRecord[],
  jar: string,
  { split, subset }: Pick<MeteorOptions, 'split' | 'subset'>,
): Promise<MetricScore> {
  checkCaptionRecords(records);
  const { execa } = await import('execa');
  const locale = ['-Duser.language=en', '-Duser.country=US', '-Dfile.encoding=UTF-8'];
  const java = execa(JAVA, ['-Xmx2G', ...locale, '-jar', jar, '-', '-', '-stdio', '-l', 'en', '-norm'], {
    env: { LC_ALL: 'C.UTF-8' },
    buffer: { stdout: false, stderr: true },
    reject: false,
  });
  const lines = java.iterable({ from: 'stdout' })[Symbol.asyncIterator]();
  const ask = async (request: string): Promise<string> => {
    java.stdin.write(`${request}\n`);
    const { value, done } = await lines.next();
    if (done === true) await failed(jar, await java);
    return String(value).trim();
  };
  java.stdin.on('error', () => {});

  const statistics: string[] = [];
  for (const { references, candidate } of records) {
    const texts = [...references, candidate].map((text) => ptbTokeniser.tokenise(text).join(' ').replaceAll('|||', ''));
    statistics.push(await ask(`SCORE ||| ${texts.join(' ||| ')}`));
  }
  const perImage = new Float64Array(records.length);
  perImage[0] = number(await ask(`EVAL ||| ${statistics.join(' ||| ')}`), jar);
  for (let image = 1; image < records.length; image++) perImage[image] = number(await nextLine(lines), jar);
  const score = number(await nextLine(lines), jar);
  java.stdin.end();
  await java;
  // The references' identity is the one that every other metric of these records signs with.
  const [, ...shared] = scoreCaptions(records, {
    metrics: ['ROUGE-L'],
    ...(split === undefined ? {} : { split }),
    ...(subset === undefined ? {} : { subset }),
  }).metrics['ROUGE-L']!.signature.split(/\|(?=tok:)/);
  const signature = `${formatSignature('METEOR', [['implementation', 'meteor-1.5.jar']])}|${shared.join('|')}`;
  return { score, perImage, signature };
}

async function nextLine(lines: AsyncIterator<unknown>): Promise<string> {
  return String((await lines.next()).value).trim();
}

function number(text: string, jar: string): number {
  const value = Number(text);
  if (text !== '' && Number.isFinite(value)) return value;
  throw new UserError({
    code: 'score-invalid',
    what: `METEOR answered ${JSON.stringify(text)} instead of a number`,
    where: jar,
    expected: 'the jar of METEOR 1.5 with its data folder beside it',
    fix: 'name the jar of METEOR 1.5, or leave --meteor-jar out',
  });
}

function failed(jar: string, { stderr, code }: { stderr?: string | undefined; code?: string | undefined }): never {
  const reason = code === 'ENOENT' ? 'there is no java on the path' : (stderr?.trim() ?? '') || 'it ended early';
  throw new UserError({
    code: 'score-invalid',
    what: `METEOR did not run: ${reason}`,
    where: jar,
    expected: 'Java and the jar of METEOR 1.5',
    fix: 'install Java and name the jar, or leave --meteor-jar out',
  });
}
