// The star shape of the architecture: every folder but the harness stands alone; the harness may import them all.
const alone = (folder) => ({
  name: `${folder}-stands-alone`,
  comment: `${folder}/ may import nothing of ours: the harness composes the folders.`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: { path: '^(harness|reference-model|metrics|reports|test)/', pathNot: `^${folder}/` },
});

/**
 * The folders of each top-level folder in the order in which they may use each other: data flows from the bottom to the top, and a folder
 * imports only those that stand behind it. So no two folders can import each other, directly or in a circle.
 */
const orders = {
  harness: [
    'commands',
    'publish',
    'compare',
    'gate',
    'report',
    'export',
    'serve',
    'planning',
    'experiment',
    'execution',
    'run',
    'answers',
    'answerers',
    'verdict',
    'systems',
    'score',
    'records',
    'suite',
    'measures',
    'statistics',
    'files',
  ],
  'reference-model': [
    'pretraining',
    'evaluation',
    'training',
    'generation',
    'weights',
    'checkpoint',
    'recipe',
    'model',
    'engines',
    'ops',
    'ranks',
    'data',
    'numerics',
    'files',
  ],
  metrics: ['meteor', 'captions', 'vqa', 'tokenise', 'bootstrap', 'numerics'],
  reports: ['site', 'comparison', 'evaluation', 'gate', 'sections', 'charts'],
};

const inOrder = Object.entries(orders).flatMap(([top, folders]) => [
  ...folders.slice(1).map((folder, index) => ({
    name: `${top}-${folder}-in-order`,
    comment: `${top}/${folder}/ may import only the folders that stand behind it in .dependency-cruiser.cjs.`,
    severity: 'error',
    from: { path: `^${top}/${folder}/` },
    to: { path: `^${top}/(${folders.slice(0, index + 1).join('|')})/` },
  })),
  {
    name: `${top}-folders-have-a-place`,
    comment: 'A new folder needs a place in the order of .dependency-cruiser.cjs.',
    severity: 'error',
    from: { path: `^${top}/[^/]+/`, pathNot: `^${top}/(${folders.join('|')}|styles|templates)/` },
    to: {},
  },
]);

module.exports = {
  forbidden: [
    alone('reference-model'),
    alone('metrics'),
    alone('reports'),
    ...inOrder,
    {
      name: 'harness-root-below-all',
      comment: 'What every folder uses (errors, printed text) uses none of them.',
      severity: 'error',
      from: { path: '^harness/(errors|log-text)\\.ts$' },
      to: { path: '^harness/[^/]+/' },
    },
    {
      name: 'files-free-of-tfjs',
      comment: 'Commands that only read files must start without tensors.',
      severity: 'error',
      from: { path: '^reference-model/files/' },
      to: { path: '@tensorflow', reachable: true },
    },
    { name: 'harness-not-test', severity: 'error', from: { path: '^harness/' }, to: { path: '^test/' } },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^dist/|/assembly/)' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
