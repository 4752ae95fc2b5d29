/** What a form shows again after it was refused: what was typed, and what is wrong with it. */
import { DomainError, type ErrorCode, type FieldIssue } from '../../errors'
import type { Texts } from '../../texts/en'

export interface FormState {
  /** Begins the ids of the fields: another form on the page may have fields of the same names. */
  readonly idPrefix?: string
  /** The path it was posted to, which tells it from other forms on the page. */
  readonly postedTo?: string
  readonly values: Readonly<Record<string, string>>
  readonly issues: readonly FieldIssue[]
  readonly error: DomainError | undefined
  /** Whether what was posted proved who is acting, so that the form need not ask again. */
  readonly isProved?: boolean
}

export const EMPTY_FORM: FormState = { values: {}, issues: [], error: undefined }

/** Never sent back to the browser. Of a passkey's response only the id is (passkey-fields.ts). */
const SECRET = new Set([
  'password',
  'new_password',
  'current_password',
  'code',
  'recovery_code',
  'passkey_challenge',
])

/** Refusals that are shown at a field, where the form has one of these names. */
const FIELDS_OF: Partial<Record<ErrorCode, readonly string[]>> = {
  incorrect_password: ['current_password', 'password'],
  invalid_2fa_code: ['code'],
  step_up_required: ['code', 'password'],
  email_taken: ['new_email', 'email'],
  wrong_setup_token: ['token'],
}

/**
 * Whether a form can show a refusal; all others are pages of their own. In the console `forbidden` and
 * `outranked` are about the user that the form is for; elsewhere they are about the page itself.
 */
const isForForm = ({ code, kind }: DomainError, isOfConsole: boolean): boolean => {
  if (code === 'outranked' || code === 'forbidden') return isOfConsole
  if (code === 'step_up_required') return true
  if (code === 'wrong_setup_token' || code === 'effect_pending') return true
  if (code === 'malformed_body' || code === 'invalid_access_token') return false
  return ['invalid', 'malformed', 'unauthenticated', 'conflict', 'throttled'].includes(kind)
}

interface Posted {
  readonly to: string
  readonly raw: Readonly<Record<string, unknown>>
  readonly fields: readonly string[]
  readonly isOfConsole: boolean
}

/** The form after a refusal. Throws the error again when no form can show it. */
export function refusedForm(error: unknown, posted: Posted): FormState {
  if (!(error instanceof DomainError) || !isForForm(error, posted.isOfConsole)) throw error
  const own = FIELDS_OF[error.code]?.find((name) => posted.fields.includes(name))
  const issues =
    own === undefined ? (error.issues ?? []) : [{ path: own, code: error.code, message: '' }]
  // Fields are refused before the proof is looked at.
  const isLater = error.code !== 'validation_failed' && !isAboutProof(error)
  const isProved = hasProof(posted.raw) && isLater
  return { postedTo: posted.to, values: typed(posted.raw), issues, error, isProved }
}

/** Whether a form was posted with a proof of who is acting. */
export const hasProof = (raw: Posted['raw']): boolean =>
  ['password', 'code', 'passkey_credential'].some((name) => Boolean(raw[name]))

const PROOF_REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'step_up_required',
  'incorrect_password',
  'invalid_2fa_code',
  'invalid_passkey',
  'invalid_challenge',
  'too_many_attempts',
])

/** Whether a refusal says, or may say, that the proof of who is acting was missing or wrong. */
export const isAboutProof = ({ code, issues = [] }: DomainError): boolean =>
  PROOF_REFUSALS.has(code) ||
  (code === 'validation_failed' &&
    issues.every(({ path }) => path === 'code' || path === 'password'))

/** A character may take six in HTML, so typed text is cut before it is shown again. */
const MAX_SHOWN_CHARS = 2_000
/** Long texts are shown beyond their limit, so that the user can shorten them. */
const MAX_SHOWN_OF: Readonly<Record<string, number>> = {
  bio: 6_000,
  redirect_uris: 10_000,
  post_logout_redirect_uris: 10_000,
  scopes: 20_000,
  resources: 10_000,
  jwks: 20_000,
}

/** Text that was typed or is in the page's address, cut to what a page may show again. */
export const shownAgain = (text: string, name = ''): string =>
  text.slice(0, MAX_SHOWN_OF[name] ?? MAX_SHOWN_CHARS).toWellFormed()

/** What was typed. Several values of one field are joined by blanks. */
const typed = (raw: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(raw).flatMap(([name, value]) => {
      if (SECRET.has(name)) return []
      if (Array.isArray(value)) return [[name, value.join(' ')]]
      const isShown = typeof value === 'string' || typeof value === 'boolean'
      return isShown ? [[name, shownAgain(String(value), name)]] : []
    }),
  )

/** The issues of one field in the reader's language. `limits` are the numbers of its rules, by code. */
export function issueTexts(
  texts: Texts,
  form: FormState,
  name: string,
  limits: Readonly<Record<string, number>> = {},
): string[] {
  const all = form.issues.filter(
    (issue) => issue.path === name || issue.path.startsWith(`${name}.`),
  )
  return [...new Set(all.map(({ code }) => issueText(texts, `${name}.${code}`, code, limits)))]
}

function issueText(
  { layout }: Texts,
  full: string,
  code: string,
  limits: Readonly<Record<string, number>>,
): string {
  const words: Readonly<Record<string, (limit: number) => string>> = layout.issues
  const say = words[full] ?? words[code]
  if (say) return say(limits[code] ?? 0)
  const errors: Readonly<Record<string, string>> = layout.errors
  return errors[code] ?? layout.issues.other()
}

/** The message above the form; undefined when the fields show everything. */
export function formMessage({ layout }: Texts, form: FormState): string | undefined {
  const { error } = form
  if (!error) return undefined
  const isSaidByField = form.issues.some(({ code }) => code === error.code)
  const said = layout.errors[isSaidByField ? 'validation_failed' : error.code]
  if (error.retryAfter !== undefined) return `${said} ${layout.errorPage.retryIn(error.retryAfter)}`
  return said
}
