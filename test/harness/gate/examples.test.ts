/** The ready-made pipelines: valid YAML, options that exist, and comment scripts that find their comment and update it. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Command } from 'commander';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { registerGate } from '../../../harness/commands/gate.js';
import { newFolder, writeIn } from '../systems/system-files.js';

const resolve = createRequire(import.meta.url).resolve;
const text = (name: string) => readFileSync(resolve(`#package/harness/gate/examples/${name}`), 'utf8');
const github = parse(text('github-workflow.yml'), { strict: true });
const gitlab = parse(text('gitlab-job.yml'), { strict: true })['caption-gate'];
const steps = github.jobs.gate.steps as { name?: string; run?: string; uses?: string; if?: string }[];
const step = (name: string) => steps.find((one) => one.name === name)!;
const gateOfGitlab = gitlab.script.find((line: string) => line.includes('vlm-bench gate'));

const folder = newFolder();
const comment = '<!-- vlm-bench gate baselines/captions.json -->\n### vlm-bench gate: pass\n"quotes" $HOME `code`\n';

beforeAll(() => {
  mkdirSync(join(folder, 'gate'));
  writeIn(folder, 'gate/comment.md', comment);
});

function shell(
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  return new Promise((done) => {
    const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', script], {
      cwd: folder,
      env: { ...process.env, ...env },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('close', (code) => done({ code, output }));
  });
}

describe('both examples', () => {
  test.each([
    ['GitHub', () => step('Gate').run!],
    ['GitLab', () => gateOfGitlab as string],
  ])('use options of `gate` that exist: %s', (_, command) => {
    const program = new Command();
    registerGate(program);
    const known = program.commands[0]!.options.map(({ long }) => long);
    const used = command().match(/--[a-z-]+/g)!;
    expect(used.length).toBeGreaterThan(6);
    for (const option of used) expect(known).toContain(option);
  });

  test('name reports that the gate writes', () => {
    expect(Object.values(gitlab.artifacts.reports)).toEqual([
      'gate/junit.xml',
      'gate/quality.json',
      'gate/metrics.txt',
    ]);
    for (const path of Object.values(gitlab.artifacts.reports)) expect(gateOfGitlab).toContain(path);
    expect(gateOfGitlab).toContain('--markdown gate/comment.md');
    expect(gateOfGitlab).toContain('/artifacts/raw/gate/comment-images');
    expect(gitlab.artifacts.when).toBe('always');
    expect(gitlab.allow_failure).toEqual({ exit_codes: 4 });
  });

  test('hold shell that parses', async () => {
    for (const script of [...steps.flatMap(({ run }) => run ?? []), ...gitlab.script, ...gitlab.after_script]) {
      const { code, output } = await shell(`bash -n <<'END_OF_EXAMPLE'\n${script}\nEND_OF_EXAMPLE`, {});
      expect([code, output]).toEqual([0, '']);
    }
    for (const { name, if: condition } of steps.slice(-3))
      expect([name, condition]).toEqual([name, expect.stringContaining('always()')]);
  });

  test('stand in the README as they are tested', () => {
    const readme = readFileSync(resolve('#package/harness/gate/README.md'), 'utf8');
    for (const name of ['github-workflow.yml', 'gitlab-job.yml']) expect(readme).toContain(`](examples/${name})`);
    const shown = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block]) => block!);
    for (const block of shown) expect([text('github-workflow.yml'), text('gitlab-job.yml')]).toContain(block);
  });
});

describe('the comment on GitHub', () => {
  const run = step('Comment, or update the comment').run!;
  /** A stand-in for `gh` that notes its arguments and answers the list with what `gh --jq` would print. */
  async function calls(listed: string): Promise<readonly string[]> {
    const bin = newFolder();
    const log = join(bin, 'calls.txt');
    const gh = writeIn(
      bin,
      'gh',
      `#!/bin/sh\nprintf '%s\\n' "$*" >> "${log}"\ncase "$*" in *--paginate*) printf '${listed}';; esac\n`,
    );
    chmodSync(gh, 0o755);
    const { code, output } = await shell(run, {
      PATH: `${bin}:${process.env.PATH}`,
      GITHUB_REPOSITORY: 'o/r',
      PULL: '7',
    });
    expect([code, output]).toEqual([0, '']);
    return readFileSync(log, 'utf8').trimEnd().split('\n');
  }

  test('is created once', async () => {
    const [list, write] = await calls('');
    expect(list).toBe(
      'api --paginate repos/o/r/issues/7/comments --jq .[] | select(.body | startswith("<!-- vlm-bench gate baselines/captions.json -->")) | .id',
    );
    expect(write).toBe('api --silent --method POST repos/o/r/issues/7/comments --field body=@gate/comment.md');
  });

  test('and then updated', async () => {
    expect((await calls('41\\n42\\n'))[1]).toBe(
      'api --silent --method PATCH repos/o/r/issues/comments/41 --field body=@gate/comment.md',
    );
  });
});

describe('the comment on GitLab', () => {
  async function requests(notes: readonly object[]): Promise<readonly { method: string; url: string; body: string }[]> {
    const seen: { method: string; url: string; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        seen.push({ method: request.method!, url: request.url!, body });
        response.end(JSON.stringify(notes));
      });
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const { port } = server.address() as AddressInfo;
    const env = {
      CI_API_V4_URL: `http://127.0.0.1:${port}/api/v4`,
      CI_PROJECT_ID: '3',
      CI_MERGE_REQUEST_IID: '5',
      GATE_TOKEN: 't',
    };
    const { code, output } = await shell(gitlab.after_script[0], env);
    server.close();
    expect([code, output]).toEqual([0, '']);
    return seen;
  }

  test('is created once', async () => {
    const [list, write] = await requests([{ id: 1, body: 'hello' }]);
    expect(list).toMatchObject({ method: 'GET', url: '/api/v4/projects/3/merge_requests/5/notes?per_page=100' });
    expect(write).toEqual({
      method: 'POST',
      url: '/api/v4/projects/3/merge_requests/5/notes',
      body: JSON.stringify({ body: comment }),
    });
  });

  test('and then updated', async () => {
    const [, write] = await requests([
      { id: 1, body: 'hello' },
      { id: 9, body: `${comment.split('\n')[0]}\nolder` },
    ]);
    expect(write).toMatchObject({ method: 'PUT', url: '/api/v4/projects/3/merge_requests/5/notes/9' });
  });
});
