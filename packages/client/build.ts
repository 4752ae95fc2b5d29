/** Builds dist/. Each module is small enough to be served as it is, and needs no other one. */
import { buildPackage, printSizes } from '../build-package.ts'

const LIMIT_BYTES = 6 * 1024

/** Builds the package. Returns the bytes (gzip) of its two modules. */
export const buildClient = (): Promise<Record<string, number>> =>
  buildPackage({
    here: import.meta.dirname,
    entries: {
      index: { source: 'src/index.ts', limit: LIMIT_BYTES },
      redirect: { source: 'src/redirect.ts', limit: LIMIT_BYTES },
    },
    bundled: ['openapi-fetch'],
  })

if (process.argv[1] === import.meta.filename) printSizes(await buildClient())
