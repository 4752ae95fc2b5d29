/**
 * The canonical form of an address, decided before any validation or look-up: NFC, trimmed, domain
 * in punycode (UTS 46), ASCII letters in lower case. `email` is where email is sent. `key` is what
 * addresses are compared by: also NFKC and Unicode lower case, so that two addresses that look
 * alike are one account (CVE-2019-19844), while email still goes only to the address as registered.
 */
import * as z from 'zod'
import type { Config } from '../config'
import { utf8 } from '../crypto/encoding'
import type { FieldIssue } from '../errors'

export interface EmailAddress {
  readonly email: string
  readonly key: string
}

/** Octets of a forward-path (RFC 5321 section 4.5.3.1.3) without its angle brackets. */
const MAX_BYTES = 254
const MAX_LOCAL_BYTES = 64
const MAX_TYPED_CHARS = 1000

/** A dot-atom (RFC 5322 section 3.2.3), with letters of any script (RFC 6531); no quoted strings. */
const LOCAL_PART =
  /^[a-z0-9!#$%&'*+/=?^_`{|}~\-\p{L}\p{M}\p{N}]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~\-\p{L}\p{M}\p{N}]+)*$/u
/** Fillers and selectors are letters or marks but invisible: two addresses would look the same. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u
/** What pasting leaves around an address: spaces, and invisible marks such as those of direction. */
const AROUND = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu
/** The characters of a typed domain. Brackets, percent signs and others mean something to URL. */
const TYPED_DOMAIN = /^[a-z0-9.\-\p{L}\p{M}\p{N}]+$/u
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/

/** The canonical form, or undefined when the text is not exactly one usable address. */
export function parseEmailAddress(text: string): EmailAddress | undefined {
  if (text.length > MAX_TYPED_CHARS || !text.isWellFormed()) return undefined
  const canonical = lowerAscii(text.normalize('NFC').replaceAll(AROUND, ''))
  if (INVISIBLE.test(canonical)) return undefined
  const [local, typedDomain, ...rest] = canonical.split('@')
  if (!local || !typedDomain || rest.length > 0) return undefined
  const domain = canonicalDomain(typedDomain)
  if (!domain || !LOCAL_PART.test(local) || utf8(local).length > MAX_LOCAL_BYTES) return undefined
  const keyLocal = foldCase(local.normalize('NFKC')).normalize('NFKC')
  if (!LOCAL_PART.test(keyLocal)) return undefined
  const email = `${local}@${domain}`
  const key = `${keyLocal}@${domain}`
  const isTooLong = utf8(email).length > MAX_BYTES || utf8(key).length > MAX_BYTES
  return isTooLong ? undefined : { email, key }
}

const lowerAscii = (text: string) => text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** A sigma's lower case depends on its position in the word, but it is the same letter. */
const foldCase = (text: string) => text.toLowerCase().replaceAll('\u03c2', '\u03c3')

function canonicalDomain(typed: string): string | undefined {
  if (!TYPED_DOMAIN.test(typed) || !URL.canParse(`http://${typed}/`)) return undefined
  const { hostname } = new URL(`http://${typed}/`)
  const labels = hostname.split('.')
  const isName = labels.length >= 2 && labels.every((label) => LABEL.test(label))
  // A numeric last label is an IPv4 address, which is no mail domain. No top-level domain has a
  // single letter.
  return isName && !/^(\d+|.)$/.test(labels.at(-1) ?? '') ? hostname : undefined
}

/**
 * The reasons why an account cannot have an address. A local part that is not ASCII needs SMTPUTF8
 * (RFC 6531) at every hop, which most providers lack. International domains are punycode already.
 */
export function addressIssues(
  config: Pick<Config, 'ALLOW_INTERNATIONAL_LOCAL_PARTS'>,
  { email }: EmailAddress,
  path: string,
): FieldIssue[] {
  if (config.ALLOW_INTERNATIONAL_LOCAL_PARTS || /^[\x21-\x7e]+$/.test(email)) return []
  const message = 'The part before the @ may hold only ASCII letters, digits and signs'
  return [{ path, code: 'unsupported_address', message }]
}

/**
 * A search text with the labels after its last `@` (or all of them) in punycode, as addresses are
 * stored; undefined if that changes nothing. The text may be any part of an address.
 */
export function withAsciiDomain(text: string): string | undefined {
  const at = text.lastIndexOf('@') + 1
  const typed = text.slice(at)
  // The characters that UTS 46 treats as a full stop.
  const domain = typed
    .split(/[.\u3002\uff0e\uff61]/)
    .map(asciiLabel)
    .join('.')
  return domain === typed ? undefined : text.slice(0, at) + domain
}

function asciiLabel(label: string): string {
  const isAscii = /^\p{ASCII}*$/u.test(label)
  if (isAscii || !TYPED_DOMAIN.test(label)) return label
  return URL.parse(`http://${label}/`)?.hostname ?? label
}

/** A field that must contain one address, parsed to EmailAddress. */
export const emailField = z
  .string()
  .transform((text, ctx): EmailAddress => {
    const address = parseEmailAddress(text)
    if (address) return address
    ctx.addIssue({
      code: 'custom',
      message: 'Invalid email format',
      params: { code: 'invalid_email' },
    })
    return z.NEVER
  })
  .meta({ format: 'email', example: 'ada@example.com' })
