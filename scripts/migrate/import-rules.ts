/**
 * Loads the import's own rules from src/. They are written for a bundler, which does not need
 * extensions in imports and turns a WebAssembly file into a WebAssembly.Module, and for Workers,
 * where crypto.subtle has timingSafeEqual. Node has none of this, so it is added here. `npm run
 * migrate` starts Node with the rest: TypeScript syntax that cannot be stripped, and
 * Uint8Array.fromBase64.
 */
import { timingSafeEqual } from 'node:crypto'
import { registerHooks } from 'node:module'
import type { ReadLines } from './settle.ts'

export interface ImportRules {
  readonly readLines: ReadLines
  /** True for a hash of the empty password. */
  readonly isHashOfEmptyPassword: (hash: string) => Promise<boolean>
  /** Estimated CPU time for verifying a hash once, in milliseconds. */
  readonly verificationCostMs: (hash: string) => number
}

const source = (path: string) => new URL(`../../src/${path}`, import.meta.url).href

const wasmModule = (url: string) => `
  import { readFileSync } from 'node:fs'
  export default new WebAssembly.Module(readFileSync(new URL(${JSON.stringify(url)})))`

export async function loadImportRules(): Promise<ImportRules> {
  Object.defineProperty(crypto.subtle, 'timingSafeEqual', { value: timingSafeEqual })
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context)
      } catch (error) {
        if (!/^\.\.?\//.test(specifier) || specifier.endsWith('.ts')) throw error
        return next(`${specifier}.ts`, context)
      }
    },
    load(url, context, next) {
      if (!url.endsWith('.wasm')) return next(url, context)
      return { format: 'module', shortCircuit: true, source: wasmModule(url) }
    },
  })
  const lines: Pick<ImportRules, 'readLines'> = await import(source('user-admin/import-lines.ts'))
  const hashes: Omit<ImportRules, 'readLines'> = await import(source('crypto/foreign-hash.ts'))
  const { isHashOfEmptyPassword, verificationCostMs } = hashes
  return { readLines: lines.readLines, isHashOfEmptyPassword, verificationCostMs }
}
