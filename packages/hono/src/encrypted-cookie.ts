/**
 * Cookies that only this app can read and make: AES-256-GCM, with the cookie's name as additional data, so that
 * the content of one is refused in another.
 */
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { fromBase64url, toBase64url } from '../../client/src/oidc/base64url.ts'
import type { Settings } from './options.ts'

interface Key {
  readonly id: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** The first one encrypts. */
export type KeyRing = readonly [Key, ...Key[]]

const IV_BYTES = 12
/** The limit of browsers for a name and its value together. */
const MOST_BYTES = 4096

/** Reads `id:key,id:key`. Throws a TypeError for keys that cannot be used. */
export function keyRing(text: string): KeyRing {
  const [first, ...others] = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(keyOf)
  if (!first) throw new TypeError('cookieKeys needs a key')
  const ids = [first, ...others].map(({ id }) => id)
  if (new Set(ids).size < ids.length) throw new TypeError('cookieKeys has an id twice')
  return [first, ...others]
}

/** 32 bytes are 43 characters of base64url. */
const KEY = /^(?<id>\w+):(?<value>[\w-]{43})$/

function keyOf(text: string): Key {
  const { id, value } = KEY.exec(text)?.groups ?? {}
  if (id === undefined || value === undefined) {
    throw new TypeError('A key in cookieKeys is not id:key with 32 bytes in base64url')
  }
  return { id, bytes: fromBase64url(value) }
}

const imported = (bytes: Uint8Array<ArrayBuffer>) =>
  crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])

const utf8 = (text: string) => new TextEncoder().encode(text)

export async function encrypt(
  [{ id, bytes }]: KeyRing,
  name: string,
  value: unknown,
): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const algorithm = { name: 'AES-GCM', iv, additionalData: utf8(name) }
  const text = utf8(JSON.stringify(value))
  const sealed = await crypto.subtle.encrypt(algorithm, await imported(bytes), text)
  const whole = new Uint8Array([...iv, ...new Uint8Array(sealed)])
  return `${id}.${toBase64url(whole)}`
}

/** Returns undefined for a value that this app did not encrypt under this name. */
async function decrypt(keys: KeyRing, name: string, text: string): Promise<unknown> {
  try {
    const [id, whole = ''] = text.split('.')
    const key = keys.find((each) => each.id === id)
    if (!key) return undefined
    const bytes = fromBase64url(whole)
    const iv = bytes.slice(0, IV_BYTES)
    const algorithm = { name: 'AES-GCM', iv, additionalData: utf8(name) }
    const rest = bytes.slice(IV_BYTES)
    const opened = await crypto.subtle.decrypt(algorithm, await imported(key.bytes), rest)
    return JSON.parse(new TextDecoder().decode(opened))
  } catch {
    return undefined
  }
}

type About = Pick<Settings, 'isSecure' | 'keys'>

/** `__Host-` keeps other hosts of the domain from setting it. A browser takes that only by https. */
const prefixOf = ({ isSecure }: About) => (isSecure ? ('host' as const) : undefined)

export async function readCookie(c: Context, about: About, name: string): Promise<unknown> {
  const prefix = prefixOf(about)
  const text = prefix ? getCookie(c, name, prefix) : getCookie(c, name)
  return text === undefined ? undefined : decrypt(about.keys, name, text)
}

export const fits = (name: string, text: string): boolean =>
  `__Host-${name}`.length + text.length <= MOST_BYTES

export function writeCookie(
  c: Context,
  about: About,
  name: string,
  text: string,
  maxAge: number,
): void {
  const prefix = prefixOf(about)
  setCookie(c, name, text, {
    path: '/',
    httpOnly: true,
    secure: about.isSecure,
    // The answer of the service is a navigation from another site, which Strict would leave without it.
    sameSite: 'Lax',
    maxAge,
    ...(prefix && { prefix }),
  })
}

export function dropCookie(c: Context, about: About, name: string): void {
  const prefix = prefixOf(about)
  deleteCookie(c, name, { path: '/', secure: about.isSecure, ...(prefix && { prefix }) })
}
