/** Builds dist/: one module, which needs Hono and jose. */
import { buildPackage, printSizes } from '../build-package.ts'

const LIMIT_BYTES = 8 * 1024

/** Builds the package. Returns the bytes (gzip) of its module. */
export const buildHono = (): Promise<Record<string, number>> =>
  buildPackage({
    here: import.meta.dirname,
    entries: { index: { source: 'src/index.ts', limit: LIMIT_BYTES } },
    embedded: 'client/src/oidc',
    external: ['hono', 'hono/*', 'jose'],
  })

if (process.argv[1] === import.meta.filename) printSizes(await buildHono())
