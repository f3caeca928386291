import { expect, test } from 'vitest';
import { dataFingerprintOf, loadDataSets, openDataSets, requireOpened } from '../../../harness/run/load-data-sets.js';
import type { DataSet } from '../../../reference-model/data/dataset.js';
import type { RunConfig } from '../../../reference-model/recipe/recipe.js';
import { tinyRun } from '../../reference-model/training/tiny-run.js';

const stage = tinyRun().recipe.stages[0]!;
const run = (evaluated: RunConfig['data']['name'], trained?: RunConfig['data']['name']): RunConfig => ({
  ...tinyRun({ stages: [{ ...stage, ...(trained === undefined ? {} : { data: trained }) }] }),
  data: { name: evaluated },
});

function machinery() {
  const loaded: { readonly name: string; readonly root?: string }[] = [];
  const loadDataSet = async (source: { readonly name: string; readonly root?: string }): Promise<DataSet> => {
    loaded.push(source);
    return {
      name: source.name,
      fingerprint: `of ${source.name}`,
      splits: { train: [], validation: [], test: [] },
    };
  };
  return { loaded, loadDataSet, dataFingerprint: async ({ name }: { readonly name: string }) => `of ${name}` };
}

test('each data set is loaded once, and only easy-vqa has a folder', async () => {
  const { loaded, loadDataSet } = machinery();
  const configs = [run('tiny-pathology', 'tiny-scenes'), run('easy-vqa'), run('tiny-scenes')];
  const dataSets = await loadDataSets({ loadDataSet }, configs, { dataRoot: '/data' });
  expect(loaded).toEqual([{ name: 'tiny-pathology' }, { name: 'tiny-scenes' }, { name: 'easy-vqa', root: '/data' }]);
  expect(Object.keys(dataSets)).toEqual(['tiny-pathology', 'tiny-scenes', 'easy-vqa']);
});

test('an opened data set has its fingerprint before anything is loaded, and is loaded when it is asked for', async () => {
  const { loaded, ...opener } = machinery();
  const opened = await openDataSets(opener, [run('tiny-pathology', 'tiny-scenes'), run('easy-vqa')], {
    dataRoot: '/data',
  });
  expect(loaded).toEqual([]);
  expect(dataFingerprintOf(run('tiny-scenes'), opened)).toBe('of tiny-scenes');
  const { name, fingerprint } = await requireOpened(opened, 'easy-vqa').load();
  expect({ name, fingerprint }).toEqual({
    name: 'easy-vqa',
    fingerprint: requireOpened(opened, 'easy-vqa').fingerprint,
  });
  expect(loaded).toEqual([{ name: 'easy-vqa', root: '/data' }]);
  expect(() => requireOpened({}, 'easy-vqa')).toThrow(
    'The run needs the data set easy-vqa, which was not opened for it.',
  );
});

test('the fingerprint of one data set is its own; that of several names them all, in whatever order they are used', async () => {
  const configs = [run('tiny-scenes'), run('tiny-pathology', 'tiny-scenes'), run('tiny-scenes', 'tiny-pathology')];
  const dataSets = await loadDataSets(machinery(), configs);
  const [one, two, reversed] = configs.map((config) => dataFingerprintOf(config, dataSets));
  expect(one).toBe('of tiny-scenes');
  expect(two).toMatch(/^[0-9a-f]{64}$/);
  expect(reversed).toBe(two);
  const changed = { ...dataSets, 'tiny-scenes': { ...dataSets['tiny-scenes']!, fingerprint: 'other' } };
  expect(dataFingerprintOf(configs[1]!, changed)).not.toBe(two);
});
