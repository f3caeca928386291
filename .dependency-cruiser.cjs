// The star shape of the architecture: every folder but the harness stands alone; the harness may import them all.
const alone = (folder) => ({
  name: `${folder}-stands-alone`,
  comment: `${folder}/ may import nothing of ours: the harness composes the folders.`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: { path: '^(harness|reference-model|metrics|reports|test)/', pathNot: `^${folder}/` },
});

module.exports = {
  forbidden: [
    alone('reference-model'),
    alone('metrics'),
    alone('reports'),
    { name: 'harness-not-test', severity: 'error', from: { path: '^harness/' }, to: { path: '^test/' } },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@tensorflow/tfjs-node' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^dist/|engines/wasm/assembly/)' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
