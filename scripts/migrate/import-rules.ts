/**
 * The import's own rules, out of src/. They are written for a bundler, which needs no extensions in
 * imports and makes a module of WebAssembly a WebAssembly.Module, and for Workers, where
 * crypto.subtle has timingSafeEqual. Node has none of that, so it is added here. `npm run migrate` starts Node with what else it needs: TypeScript beyond what can be
 * stripped, and Uint8Array.fromBase64.
 */
import { timingSafeEqual } from 'node:crypto'
import { registerHooks } from 'node:module'
import type { ReadLines } from './settle.ts'

export interface ImportRules {
  readonly readLines: ReadLines
  /** True for a hash that the empty password verifies. */
  readonly isHashOfEmptyPassword: (hash: string) => Promise<boolean>
  /** Estimated CPU of verifying a hash once, in milliseconds. */
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
