import { defineConfig, type OxlintOverride } from 'oxlint'

/** The folders that receive calls: requests, pages, other Workers, queues and schedules. */
const DOORS = ['api', 'pages', 'rpc', 'background']

/**
 * Folders and files of src/, from the lowest layer to the highest. A module may import from its own
 * line and from the lines above it in this list, but not from the lines below.
 */
const LAYERS: (readonly string[])[] = [
  [
    'crypto',
    'texts',
    'errors',
    'log',
    'time',
    'once',
    'events',
    'event-traits',
    'event-id',
    'notifications',
    'accent',
  ],
  ['tables'],
  ['db', 'config', 'setting-types', 'context'],
  ['commit'],
  ['http'],
  ['throttle'],
  ['mail'],
  ['audit', 'outbox', 'jobs'],
  ['sessions'],
  ['users'],
  ['rbac'],
  ['one-time-tokens'],
  ['api-keys'],
  ['access'],
  ['credentials'],
  ['factors'],
  ['passkeys'],
  ['step-up'],
  ['registration'],
  ['email-change'],
  ['sign-in'],
  ['webhooks'],
  ['apps'],
  ['app-tokens'],
  ['app-sign-in', 'app-logout'],
  ['user-search'],
  ['user-admin'],
  ['privacy', 'analytics'],
  ['openapi'],
  DOORS,
  ['app'],
  ['index'],
]

/** The modules of a layer, and a pattern for the relative path to src/ in their imports. */
const places = (layer: readonly string[]) => [
  { files: layer.map((folder) => `src/${folder}/**/*.{ts,tsx}`), toSrc: '(\\.\\./)+' },
  { files: layer.map((file) => `src/${file}.ts`), toSrc: '\\./' },
]

const STORAGE = ['db', 'tables', 'commit', 'sessions/object', 'sessions/object-stub']

const oneWay = LAYERS.slice(0, -1).flatMap((layer, i) =>
  places(layer).map(({ files, toSrc }): OxlintOverride => {
    const above = {
      regex: `^${toSrc}(${LAYERS.slice(i + 1)
        .flat()
        .join('|')})(/|$)`,
      message: 'This is a higher layer: see LAYERS in oxlint.config.ts',
    }
    const storage = {
      regex: `^drizzle-orm|^${toSrc}(${STORAGE.join('|')})(/|$)`,
      allowTypeImports: true,
      message: 'A door calls a verb: it writes no SQL and calls no Durable Object',
    }
    if (layer !== DOORS) {
      return { files, rules: { 'no-restricted-imports': ['error', { patterns: [above] }] } }
    }
    return {
      files,
      rules: {
        'no-restricted-imports': ['error', { patterns: [above, storage] }],
        'no-restricted-properties': [
          'error',
          ...['db', 'd1'].map((property) => ({
            object: 'deps',
            property,
            message: storage.message,
          })),
          ...['USER_SESSIONS', 'THROTTLE'].map((property) => ({
            object: 'env',
            property,
            message: storage.message,
          })),
        ],
      },
    }
  }),
)

export default defineConfig({
  // A separate package, whose dependencies the product does not install.
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
      // A test reads responses whose shape it is about to assert.
      files: ['test/**'],
      rules: {
        'typescript/no-explicit-any': 'off',
        'typescript/no-base-to-string': 'off',
        'typescript/require-array-sort-compare': 'off',
      },
    },
    { files: ['**/*.d.ts'], rules: { 'typescript/consistent-type-imports': 'off' } },
    ...oneWay,
  ],
})
