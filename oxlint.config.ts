import { readdirSync } from 'node:fs'
import { defineConfig, type OxlintOverride } from 'oxlint'

/**
 * Imports run one way, from a later line to an earlier one. A layer is a folder or a file of src/;
 * `*` in the third place means every capability's file of that name.
 */
const layers: { folders?: string[]; files?: string[] }[] = [
  { folders: ['crypto', 'texts'], files: ['errors', 'events', 'accent'] },
  { folders: ['db', 'http'], files: ['config', 'setting-types', 'context', '*/schema'] },
  { folders: ['audit', 'outbox', 'mail', 'throttle', 'jobs'] },
  { folders: ['sessions'] },
  { folders: ['users', 'rbac', 'api-keys'] },
  // Making a key asks for the password; reading one is what the guard below does.
  { folders: ['webhooks', 'two-factor', 'auth'], files: ['api-keys/create-api-key'] },
  { folders: ['privacy', 'admin', 'analytics'] },
  { folders: ['pages'], files: ['*/*routes', 'rpc'] },
  { files: ['outbox-handlers', 'cron', 'app'] },
  { files: ['index'] },
]

type Layer = (typeof layers)[number]

const capabilities = readdirSync('src', { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? entry.name : [],
)
/** A folder's modules, without those that are a layer of their own. */
const modulesIn = (folder: string) =>
  !capabilities.includes(folder)
    ? []
    : readdirSync(`src/${folder}`, { recursive: true, encoding: 'utf8' })
        .map((path) => `${folder}/${path.replace(/\.tsx?$/, '')}`)
        .filter((path) => !/\/(schema|[\w-]*routes)$/.test(path))
const named = (layer: Layer) => [
  ...(layer.folders ?? []).flatMap(modulesIn),
  // A folder's own `./routes` too, which its other modules must not import.
  ...(layer.files ?? []).flatMap((file) =>
    file.startsWith('*/')
      ? [
          file.replace('*/', '[^./]+/').replace('*routes', '[^./]*routes'),
          file.slice(2).replace('*', '[^./]*'),
        ]
      : file,
  ),
]
const globs = (layer: Layer) => [
  ...(layer.folders ?? []).map((folder) => `src/${folder}/**/*.{ts,tsx}`),
  ...(layer.files ?? []).map((file) => `src/${file}.{ts,tsx}`),
]
/** Anything that a relative path can name in these layers. */
const pathsInto = (above: Layer[]) => `^(\\.\\./|\\./)+(${above.flatMap(named).join('|')})$`

const oneWay = (files: string[], above: Layer[]): OxlintOverride => ({
  files,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: pathsInto(above),
            message: 'This is a higher layer: see the layers in oxlint.config.ts',
          },
        ],
      },
    ],
  },
})

export default defineConfig({
  // A package of its own, whose dependencies the product does not install.
  ignorePatterns: ['bench/**'],
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'promise'],
  categories: { correctness: 'error' },
  options: { typeAware: true, typeCheck: true },
  rules: {
    'typescript/no-floating-promises': ['error', { checkThenables: true }],
    'typescript/no-misused-promises': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': 'error',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
  },
  overrides: [
    {
      files: [
        '*.config.ts',
        'src/index.ts',
        'examples/*/src/index.ts',
        'test/node/servers.ts',
        'test/node/no-gatehouse.mjs',
      ],
      rules: { 'import/no-default-export': 'off' },
    },
    {
      // A test reads answers whose shape is what it is about to assert.
      files: ['test/**'],
      rules: {
        'typescript/no-explicit-any': 'off',
        'typescript/no-base-to-string': 'off',
        'typescript/require-array-sort-compare': 'off',
      },
    },
    { files: ['**/*.d.ts'], rules: { 'typescript/consistent-type-imports': 'off' } },
    ...layers.slice(0, -1).map((layer, i) => oneWay(globs(layer), layers.slice(i + 1))),
  ],
})
