/**
 * The package as a user installs it: the archive of `npm pack` in an empty project. It holds what it needs and no more, and the command
 * line, the three entry points and their types work from there. Installing needs npm's cache or the network; without both it is skipped.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ExecaError, execa, execaNode } from 'execa';
import { describe, expect, test } from 'vitest';
import { codeVersion } from '../../harness/records/code-version.js';
import { lastLine, newFolder, type Outcome, runCommand, tinySuite } from './command.js';

const require = createRequire(import.meta.url);
const root = dirname(require.resolve('#package/package.json'));
const project = newFolder();
const installed = join(project, 'node_modules', 'vlm-bench');

const { stdout } = await execa('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], {
  cwd: root,
});
const [archive] = JSON.parse(stdout) as [{ filename: string; files: readonly { path: string }[] }];
const packed = archive.files.map(({ path }) => path);

/** What npm says when it can reach neither its cache nor the registry. */
const UNREACHABLE =
  /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONN\w+|E\w*TIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|FETCH_ERROR|E5\d\d/;

/** Installs the archive; the code of npm's error where it is offline. */
async function install(): Promise<string | undefined> {
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const options = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--fetch-retries=0',
    '--fetch-timeout=30000',
  ];
  try {
    await execa('npm', ['install', join(project, archive.filename), ...options], { cwd: project });
    return undefined;
  } catch (error) {
    const code = UNREACHABLE.exec((error as ExecaError).stderr?.toString() ?? '')?.[0];
    if (code === undefined) throw error;
    return code;
  }
}

const offline = await install();
const reason = offline === undefined ? '' : ` (SKIPPED: npm cannot install here: ${offline})`;

/** Paths below a folder of the checkout, as `npm pack` lists them. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

describe('the archive', () => {
  const sources = ['harness', 'metrics', 'reference-model', 'reports'].flatMap(filesBelow);

  test('holds everything that is read at run time', () => {
    const assets = sources.filter((file) =>
      /\.(?:hbs|css|safetensors)$|\/tokenizer\.json$|^reports\/.*\.js$/.test(file),
    );
    const suites = filesBelow('suites');
    expect([assets.length > 40, suites.length > 5]).toEqual([true, true]);
    const compiled = [
      'dist/suite.schema.json',
      'dist/reference-model/engines/wasm/kernels.wasm',
      'dist/reference-model/data/pixels/pixels.wasm',
    ];
    expect([...assets, ...suites, ...compiled].filter((file) => !packed.includes(file))).toEqual([]);
  });

  test('holds every module with its types, and none without a source (`npm run build` clears those away)', () => {
    const modules = sources.filter((file) => /(?<!\.d)\.ts$/.test(file) && !file.includes('/assembly/'));
    const expected = modules.flatMap((file) => [`dist/${file.slice(0, -3)}.js`, `dist/${file.slice(0, -3)}.d.ts`]);
    expect(packed.filter((file) => /^dist\/.*\.ts$|^dist\/.*\.js$/.test(file)).sort()).toEqual(expected.sort());
  });

  test('holds nothing of the tests, no sources but those of an addon, and no maps', () => {
    const compiled =
      /^dist\/(?:harness|metrics|reference-model|reports)\/.*\.(?:js|d\.ts|wasm)$|^dist\/(?:suite|pilot|benchmark)\.schema\.json$/;
    const data = /^suites\/(?:(?:pilots|benchmarks)\/)?[^/]+\.yaml$|^reference-model\/.*\.(?:safetensors|json)$/;
    // What `engine build torch` compiles where it is wanted.
    const addon = /^reference-model\/engines\/torch\/native\/(?:shims\/(?:[^/]+\/)+)?[^/]+\.(?:cpp|h)$/;
    const pages = /^reports\/.*\.(?:hbs|css)$|^reports\/site\/[^/]+\.js$|^reports\/report\.png$/;
    const texts = /(?:^|\/)README\.md$|^harness\/gate\/examples\/[^/]+\.yml$|^(?:LICENSE|CITATION\.cff|package\.json)$/;
    const known = [compiled, data, addon, pages, texts];
    expect(packed.filter((file) => !known.some((pattern) => pattern.test(file)))).toEqual([]);
  });

  test('holds every page and picture that its README links', () => {
    const links = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/\]\(([^():#\s]+)(?:#[^)]*)?\)/g)];
    expect(links.length).toBeGreaterThan(5);
    expect(links.map(([, link]) => link!).filter((link) => !packed.includes(link))).toEqual([]);
  });
});

const CAPTIONS = {
  references: {
    images: [{ id: 1 }, { id: 2 }],
    annotations: [
      { id: 1, image_id: 1, caption: 'a dog runs on grass' },
      { id: 2, image_id: 2, caption: 'two boats near the shore' },
    ],
  },
  // Equal to the only reference of each image, so every score is the highest there is.
  predictions: [
    { image_id: 1, caption: 'A dog runs on grass.' },
    { image_id: 2, caption: 'Two boats near the shore' },
  ],
};

const MODULE = `
import { readFindings, studentTCdf } from 'vlm-bench';
import { scoreCaptions } from 'vlm-bench/metrics';
import { activateEngine, diagnoseEngines } from 'vlm-bench/reference-model';

const { metrics } = scoreCaptions([{ imageId: '1', candidate: 'a dog runs', references: ['a dog runs'] }]);
const { name, precision } = await activateEngine('wasm');
const engines = (await diagnoseEngines()).map((engine) => engine.name);
console.log(JSON.stringify({
  suites: readFindings('3', { full: true }).map((suite) => suite.id).sort(),
  half: studentTCdf(0, 5),
  rouge: metrics['ROUGE-L'].score,
  engine: { name, precision },
  engines,
}));
`;

const TYPED_MODULE = `
import { type Claim, type MeasureId, readSuite, type Suite } from 'vlm-bench';
import { type CaptionScores, scoreCaptions } from 'vlm-bench/metrics';
import { activateEngine, type Engine } from 'vlm-bench/reference-model';

export const suite: Suite = readSuite('suite.yaml');
export const measure: MeasureId = 'accuracy';
export type Measured = Claim | MeasureId;
export const scores: CaptionScores = scoreCaptions([{ imageId: '1', candidate: 'a', references: ['a'] }]);
export const engine: Engine = await activateEngine('wasm');
// @ts-expect-error there is no such engine
activateEngine('abacus');
// @ts-expect-error captions are texts
scoreCaptions([{ imageId: '1', candidate: 1, references: [] }]);
`;

describe.skipIf(offline !== undefined)(`the installed package${reason}`, () => {
  const npx = (...args: readonly string[]) =>
    execa('npx', ['--no-install', 'vlm-bench', ...args], { cwd: project }) as Promise<{ stdout: string }>;

  test('says what works', async () => {
    const { node, engines } = JSON.parse((await npx('doctor', '--json')).stdout);
    expect(node).toBe(process.version);
    expect(engines).toContainEqual(expect.objectContaining({ name: 'wasm', available: true }));
  });

  test('scores captions', async () => {
    for (const [name, content] of Object.entries(CAPTIONS))
      writeFileSync(join(project, `${name}.json`), JSON.stringify(content));
    const files = ['--references', 'references.json', '--predictions', 'predictions.json'];
    const { images, metrics } = JSON.parse((await npx('score', 'captions', ...files, '--json')).stdout);
    expect(images).toBe(2);
    expect(metrics['CIDEr-D'].score).toBeCloseTo(10, 9);
    expect(metrics['ROUGE-L'].score).toBeCloseTo(1, 9);
  });

  test('trains, decides and writes a report', async () => {
    const cli = join(installed, 'dist', 'harness', 'cli.js');
    const outcome: Outcome = await runCommand(['run', tinySuite, '--seeds', '2', '--out', 'results'], project, cli);
    expect(outcome).toMatchObject({ exitCode: 0 });
    expect(statSync(resolve(project, lastLine(outcome))).size).toBeGreaterThan(10_000);
  });

  test('makes the same records as the checkout: it is the same code to them', () => {
    expect(codeVersion(installed)).toBe(codeVersion(root));
  });

  test('has three entry points', async () => {
    const script = join(project, 'use.js');
    writeFileSync(script, MODULE);
    const { stdout: printed } = await execaNode(script, { cwd: project });
    expect(JSON.parse(printed)).toEqual({
      suites: ['finding-3', 'finding-3-fixed-budget'],
      half: 0.5,
      rouge: 1,
      engine: { name: 'wasm', precision: 'float32' },
      engines: ['wasm', 'tensorflow', 'torch'],
    });
  });

  test('shows nothing else to importers', async () => {
    const inner = pathToFileURL(join(project, 'inner.js'));
    writeFileSync(inner, "await import('vlm-bench/dist/harness/cli.js');\n");
    await expect(execaNode(inner, { cwd: project })).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  test('has types that hold under strict settings, without skipping those of libraries', async () => {
    writeFileSync(join(project, 'use.ts'), TYPED_MODULE);
    const options = ['--strict', '--skipLibCheck', 'false', '--exactOptionalPropertyTypes', '--noEmit'];
    const target = ['--module', 'NodeNext', '--target', 'ES2022'];
    const compiler = require.resolve('typescript/bin/tsc');
    const { exitCode, stdout: complaints } = await execaNode(compiler, [...options, ...target, 'use.ts'], {
      cwd: project,
      reject: false,
    });
    expect([exitCode, complaints]).toEqual([0, '']);
  });
});
