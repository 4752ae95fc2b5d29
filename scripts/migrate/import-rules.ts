/**
 * The import's own rules, out of src/. They are written for a bundler, which needs no extensions in
 * imports; Node does, so a failed import is tried with one. `npm run migrate` starts Node with what
 * else it needs: TypeScript beyond what can be stripped, and Uint8Array.fromBase64.
 */
import { registerHooks } from 'node:module'
import type { ReadLines } from './settle.ts'

const RULES = new URL('../../src/admin/import-lines.ts', import.meta.url)

export async function loadImportRules(): Promise<ReadLines> {
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context)
      } catch (error) {
        if (!/^\.\.?\//.test(specifier) || specifier.endsWith('.ts')) throw error
        return next(`${specifier}.ts`, context)
      }
    },
  })
  const rules: { readLines: ReadLines } = await import(RULES.href)
  return rules.readLines
}
