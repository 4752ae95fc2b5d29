/**
 * Preferences: one JSON object per user, changed by merge patches (RFC 7396). The limits apply to
 * the merged result (update-profile.ts); this file checks those that a patch can exceed by itself.
 */
import * as z from 'zod'
import { utf8 } from '../crypto/encoding'

export const MAX_PREFERENCES_BYTES = 16 * 1024
export const MAX_PREFERENCES_KEYS = 100
const MAX_DEPTH = 5
/** Names that could reach a prototype in careless clients. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

type Fault = { code: string; message: string }
interface Seen {
  keys: number
  depth: number
  isForbidden: boolean
  isBroken: boolean
  isInfinite: boolean
}

// Not z.record, which silently ignores a key named __proto__.
export const preferencesField = z
  .unknown()
  .superRefine((patch, ctx) => {
    for (const { code, message } of faultsOf(patch)) {
      ctx.addIssue({ code: 'custom', message, params: { code } })
    }
  })
  .transform((patch) => patch as Record<string, unknown>)
  .meta({ type: 'object', additionalProperties: true, example: { theme: 'dark' } })

function faultsOf(patch: unknown): Fault[] {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) {
    return [{ code: 'invalid_type', message: 'Preferences must be an object' }]
  }
  const seen: Seen = { keys: 0, depth: 0, isForbidden: false, isBroken: false, isInfinite: false }
  walk(patch, 0, seen)
  const faults: Fault[] = []
  if (seen.depth > MAX_DEPTH) {
    faults.push({ code: 'too_deep', message: `Preferences can have at most ${MAX_DEPTH} levels` })
  }
  if (seen.keys > MAX_PREFERENCES_KEYS) {
    faults.push({
      code: 'too_many_keys',
      message: `Preferences can have at most ${MAX_PREFERENCES_KEYS} keys`,
    })
  }
  if (seen.isForbidden) {
    faults.push({ code: 'forbidden_key', message: 'Preferences contain a key that is not allowed' })
  }
  if (seen.isBroken) {
    faults.push({
      code: 'invalid_characters',
      message: 'Text must be valid Unicode without NUL characters',
    })
  }
  if (seen.isInfinite) {
    faults.push({ code: 'invalid_number', message: 'A number is too large' })
  }
  if (sizeOf(patch, seen.depth) > MAX_PREFERENCES_BYTES) {
    faults.push({
      code: 'too_large',
      message: `Preferences can have at most ${MAX_PREFERENCES_BYTES} bytes`,
    })
  }
  return faults
}

/** Size in bytes as JSON. A patch that is too deep is not serialized: it could exhaust the stack. */
const sizeOf = (patch: object, depth: number) =>
  depth > MAX_DEPTH ? 0 : utf8(JSON.stringify(patch)).length

const isBrokenText = (text: string) => !text.isWellFormed() || text.includes('\0')

/** `depth` counts the objects and arrays around a value, with the preferences object itself. */
function walk(value: unknown, depth: number, seen: Seen): void {
  if (typeof value === 'string') seen.isBroken ||= isBrokenText(value)
  // JSON.parse reads 1e999 as Infinity, and JSON.stringify writes that as null, which removes a key.
  if (typeof value === 'number') seen.isInfinite ||= !Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return
  seen.depth = Math.max(seen.depth, depth + 1)
  if (depth > MAX_DEPTH) return
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) {
      seen.keys += 1
      seen.isForbidden ||= FORBIDDEN_KEYS.has(key)
      seen.isBroken ||= isBrokenText(key)
    }
    walk(inner, depth + 1, seen)
  }
}
