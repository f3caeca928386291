/** Nothing from outside is decoded loosely: every reader of text and JSON goes through `reference-model/files`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Files of the package itself, answers of programs, and streams of the operating system; and where a check of its own comes before. */
const allowed: Readonly<Record<string, string>> = {
  'harness/cli.ts': 'package.json',
  'harness/records/code-version.ts': 'package.json',
  'harness/records/provenance.ts': 'package.json, and what git prints',
  'harness/records/statement.ts': 'package.json, and what git prints',
  'harness/records/process-identity.ts': '/proc, and what ps prints',
  'harness/records/predictions.ts': 'lines whose digest the result confirms',
  'harness/records/result.ts': 'JSON of its own making',
  'harness/systems/baseline.ts': 'JSON of its own making',
  'harness/execution/local/run-process.ts': 'what a process logged, searched for one line',
  'harness/execution/jobs/job-file.ts': 'a file of its own making, compared with what would be written',
  'harness/execution/cluster/followed-run.ts': 'JSON of its own making, of which a torn line is left out',
  'harness/execution/cluster/last-lines.ts': 'the end of a log, shown to people',
  'harness/execution/slurm/slurm-executor.ts': 'what squeue prints, checked by a schema',
  'harness/execution/kubernetes/refusal.ts': 'the words in which an API refuses, shown to people',
  'harness/records/heartbeat.ts': 'a claim, compared with itself',
  'harness/answers/answer-log.ts': 'a log of its own making, found to be UTF-8, and what a lock says',
  'harness/answerers/command/program.ts': 'replies of a program, each line found to be UTF-8 first',
  'harness/serve/server.ts': 'the body of a request, found to be UTF-8 first',
  'reference-model/engines/torch/build/build-store.ts': 'files of the package, and JSON of its own making',
  'reference-model/engines/torch/build/libtorch.ts': 'a header of libtorch, searched for its version',
  'harness/gate/accept.ts': 'what git prints',
  'harness/planning/paper-needs.ts': 'what nvidia-smi prints',
  'harness/suite/paper-settings.ts': 'JSON of its own making',
  'reference-model/engines/tensorflow/package.ts': 'package.json of an installed package',
  'reference-model/engines/torch/torch-ranks.ts': 'what ranks of the same run say to each other',
  'reference-model/data/containers/webdataset.ts': 'decoded after its bytes were found to be UTF-8',
  'reference-model/checkpoint/safetensors-header.ts': 'decoded strictly, and scanned for keys that occur twice',
  'reports/templates.ts': 'templates of the package',
};

const loose =
  /readFileSync\(.*'utf-?8'|toString\('utf-?8'\)|encoding: 'utf-?8'|setEncoding\(|new TextDecoder\(|JSON\.parse\(/;

it('reads outside data in no other way', () => {
  const found = ['harness', 'reference-model', 'metrics', 'reports'].flatMap((top) =>
    readdirSync(top, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(top, name).replaceAll('\\', '/'))
      .filter((file) => !file.startsWith('reference-model/files/') && loose.test(readFileSync(file, 'utf8'))),
  );
  expect(found.filter((file) => allowed[file] === undefined)).toEqual([]);
  expect(Object.keys(allowed).filter((file) => !found.includes(file))).toEqual([]);
});
