/** The types of settings. Each parses the text of a variable, or says what is wrong with it. */
import * as z from 'zod'
import { type KeyRing, KeyRingError, parseKeyRing } from './crypto/key-ring'
import { ROLE_NAME } from './tables/rbac'

// Built once, and both bounds added in one step: each step makes a schema at every start.
const integer = z.coerce.number().int()

export const count = (standard: number, least: number, most: number) =>
  integer.check(z.gte(least), z.lte(most)).default(standard)
export const seconds = (standard: number, least = 1) => count(standard, least, 400 * 86_400)
export const days = (standard: number) => count(standard, 1, 3650)
export const flag = (standard: boolean) =>
  z
    .enum(['true', 'false'])
    .default(standard ? 'true' : 'false')
    .transform((word) => word === 'true')
export const words = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean),
  )

/** Rejects a name that no role can have: the setting would match nothing and have no effect. */
export const roleName = z.string().regex(ROLE_NAME, 'must be role names separated by commas')

export const keyRing = z.string().transform((text, ctx): KeyRing => {
  try {
    return parseKeyRing(text)
  } catch (error) {
    ctx.addIssue({
      code: 'custom',
      message: error instanceof KeyRingError ? error.message : 'unreadable',
    })
    return z.NEVER
  }
})

export const isOrigin = (text: unknown): text is string =>
  typeof text === 'string' &&
  /^https?:\/\/[^*]+$/.test(text) &&
  URL.canParse(text) &&
  new URL(text).origin === text
export const origin = z
  .string()
  .refine(isOrigin, 'must be an origin: http(s), host and port, no path and no trailing slash')

/** `Name <address>` or an address alone. Rejects line breaks, which allow header injection. */
export const mailbox = z.string().transform((text, ctx) => {
  const match = /^(?:([^<>\r\n"]*?)\s*<)?([^\s<>@"]+@[^\s<>@"]+)>?$/.exec(text.trim())
  if (match?.[2] === undefined) {
    ctx.addIssue({ code: 'custom', message: 'must read "Name <address>"' })
    return z.NEVER
  }
  return { name: match[1] ?? '', address: match[2] }
})
