/** Builds dist/: one module, which needs React and the client. */
import { buildPackage, printSizes } from '../build-package.ts'

const LIMIT_BYTES = 2 * 1024

/** Builds the package. Returns the bytes (gzip) of its module. */
export const buildReact = (): Promise<Record<string, number>> =>
  buildPackage({
    here: import.meta.dirname,
    entries: { index: { source: 'src/index.ts', limit: LIMIT_BYTES } },
    external: ['react', 'react/jsx-runtime', '@gatehouse/client/redirect'],
  })

if (process.argv[1] === import.meta.filename) printSizes(await buildReact())
