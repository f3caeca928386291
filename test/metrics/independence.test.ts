/** The metrics run in a browser, and the parts that need `natural` are loaded only by the metrics that use them. */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../metrics/', import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

describe('the metric core', () => {
  it('imports no module of Node and no package but, lazily, the stemmer', () => {
    for (const name of sources) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      const fixed = [...text.matchAll(/(?:from|^import) '([^']+)'/gm)].map(([, module]) => module!);
      expect(
        fixed.filter((module) => !module.startsWith('.')),
        name,
      ).toEqual([]);
      const lazy = [...text.matchAll(/import\('([^']+)'\)/g)].map(([, module]) => module);
      expect(lazy, name).toEqual(name === 'stemming.ts' ? ['natural/lib/natural/stemmers/porter_stemmer.js'] : []);
    }
    expect(sources.length).toBeGreaterThan(20);
    expect(builtinModules).toContain('fs');
  });

  it('computes no score with functions that differ between engines', () => {
    for (const name of sources) {
      const text = readFileSync(new URL(name, folder), 'utf8').replace(/\/\*\*[\s\S]*?\*\//g, '');
      expect(text, name).not.toMatch(/Math\.(exp|expm1|log|log2|log10|log1p|pow|sin|cos|tan|tanh|cbrt|hypot)\(/);
    }
  });

  it('is bundled for a browser, the stemmer in a chunk of its own', async () => {
    const bundle = async (entry: string) => {
      const result = await build({
        configFile: false,
        logLevel: 'silent',
        build: {
          write: false,
          minify: false,
          rollupOptions: {
            input: 'virtual:entry',
            preserveEntrySignatures: 'strict',
            output: { entryFileNames: 'entry.js' },
          },
        },
        plugins: [
          {
            name: 'entry',
            resolveId: (id: string) => (id === 'virtual:entry' ? '\0entry' : undefined),
            load: (id: string) => (id === '\0entry' ? entry : undefined),
          },
        ],
      });
      const [output] = [result].flat();
      return 'output' in output! ? output.output : [];
    };
    const index = JSON.stringify(new URL('index.ts', folder).pathname);
    const everything = await bundle(`export * from ${index};`);
    const entry = everything.find(({ fileName }) => fileName === 'entry.js')!;
    expect('code' in entry && entry.code.includes('step5b')).toBe(false);
    expect(everything.length).toBeGreaterThan(1);

    const tokeniserOnly = await bundle(`export { tokenisePennTreebank } from ${index};`);
    const small = tokeniserOnly.find(({ fileName }) => fileName === 'entry.js')!;
    expect('code' in small && 'code' in entry && small.code.length < entry.code.length / 1.5).toBe(true);
    expect('code' in small && small.code.includes('CIDEr')).toBe(false);
  });
});
