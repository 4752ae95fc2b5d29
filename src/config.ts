/**
 * Turns the environment into a validated, typed Config. No secret has a default: if one is missing,
 * short or a sample, a ConfigError names its variable, and the service answers 503 until that is
 * fixed.
 */
import * as z from 'zod'
import { log } from './log'
import { NOTIFICATIONS } from './notifications'
import {
  count,
  days,
  flag,
  isOrigin,
  keyRing,
  mailbox,
  origin,
  roleName,
  seconds,
  words,
} from './setting-types'
import { languageTag } from './texts/language-tag'

/** Names the invalid settings, but never their values, because the message is logged. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  /** One entry per fault, as `SETTING what is wrong`. */
  constructor(readonly faults: readonly string[]) {
    super(faults.join('; '))
  }
}

/** A hex color with six digits: `fa0` becomes `#ffaa00`. */
function sixDigits(color: string): string {
  const digits = color.replace('#', '')
  return `#${digits.length === 3 ? digits.replaceAll(/./g, '$&$&') : digits}`
}

const SETUP_TOKEN_MIN_CHARS = 16
const isRandomEnough = (text: string) =>
  new Set(text).size >= 8 && !/change|example|secret/i.test(text)

const Settings = z.object({
  PUBLIC_URL: origin,
  TOKEN_KEYS: keyRing,
  DATA_KEYS: keyRing,
  SETUP_TOKEN: z
    .string()
    .trim()
    .min(SETUP_TOKEN_MIN_CHARS, `must have at least ${SETUP_TOKEN_MIN_CHARS} characters`)
    .refine(isRandomEnough, 'is a sample, not random')
    .optional(),
  ALLOWED_ORIGINS: words.pipe(z.array(origin)),
  PRODUCT_NAME: z
    .string()
    .min(1)
    .max(60)
    .regex(/^\P{Cc}*$/u, 'must be one line')
    .default('Gatehouse'),
  // An https URL, or a path on this site.
  PRODUCT_LOGO_URL: z
    .string()
    .regex(/^(https:\/\/[\w.:-]+)?\/(?![/\\])[^\s"'<>;,]*$/, 'must be an https URL or a path')
    .optional(),
  // The # is optional: unquoted in .dev.vars, it starts a comment.
  ACCENT_COLOR: z
    .string()
    .regex(/^#?([0-9a-f]{3}|[0-9a-f]{6})$/i, 'must be a color such as 3f46d6')
    .transform(sixDigits)
    .default('#3f46d6'),
  DEFAULT_LANGUAGE: z
    .string()
    .transform((typed) => languageTag(typed) ?? '')
    .refine((tag) => tag !== '', 'must be a language tag such as en or pt-BR')
    .default('en'),

  ACCESS_TOKEN_AUDIENCE: z.string().min(1).max(100).default('gatehouse'),
  ACCESS_TOKEN_TTL_SECONDS: seconds(3600, 60),
  SESSION_TTL_SECONDS: seconds(86_400, 60),
  REMEMBERED_SESSION_TTL_SECONDS: seconds(30 * 86_400, 60),
  REFRESH_GRACE_SECONDS: z.coerce.number().int().min(0).max(600).default(60),
  VERIFY_EMAIL_TTL_SECONDS: seconds(86_400, 60),
  RESET_PASSWORD_TTL_SECONDS: seconds(3600, 60),
  INVITATION_TTL_SECONDS: seconds(7 * 86_400, 60),
  UNDO_EMAIL_CHANGE_TTL_SECONDS: seconds(7 * 86_400, 60),
  UNDO_SIGN_IN_METHOD_TTL_SECONDS: seconds(7 * 86_400, 60),
  CHALLENGE_TTL_SECONDS: seconds(300, 30),
  TWO_FACTOR_SETUP_TTL_SECONDS: seconds(600, 60),

  /** Milliseconds until a request that is waiting for D1 or a Durable Object answers 503. */
  REQUEST_BUDGET_MS: count(25_000, 100, 60_000),
  LOG_REQUESTS: flag(true),

  PASSWORD_HASH_ROUNDS: count(6, 1, 20),
  PASSWORD_PROFILE: z.enum(['classic', 'nist']).default('classic'),
  // If unset, the profile's value applies.
  PASSWORD_MIN_LENGTH: z.coerce.number().int().min(8).max(128).optional(),
  PASSWORD_REQUIRE_CLASSES: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
  PASSWORD_MAX_AGE_DAYS: z.coerce.number().int().min(0).max(3650).optional(),
  BREACH_CHECK_URL: z.url({ protocol: /^https?$/ }).optional(),
  REQUIRE_2FA_ROLES: words.pipe(z.array(roleName)),
  REQUIRE_DEVICE_BOUND_ROLES: words.pipe(z.array(roleName)),
  /** How long a proof is good for sensitive actions. */
  STEP_UP_SECONDS: seconds(600, 60),
  /** The relying party id of passkeys. If unset, the host of PUBLIC_URL. */
  PASSKEY_RP_ID: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'must be a domain in lower case')
    .optional(),
  /** Further origins whose pages may use these passkeys. */
  PASSKEY_ORIGINS: words.pipe(z.array(origin)),
  /** How long a trusted browser skips the second step; 0: browsers cannot be trusted. */
  TRUSTED_BROWSER_DAYS: count(30, 0, 365),
  HIDE_ACCOUNT_EXISTENCE: flag(false),
  /** Whether the mail provider accepts addresses such as `ü@example.com` (SMTPUTF8, RFC 6531). */
  ALLOW_INTERNATIONAL_LOCAL_PARTS: flag(false),
  MAILS_OFF: words.pipe(z.array(z.enum(NOTIFICATIONS))),

  /** Hosts whose apps may come with a client id metadata document, without being registered. */
  METADATA_APP_HOSTS: words
    .pipe(z.array(z.string().regex(/^(\*|none|[a-z0-9.-]+)$/, 'must be host names, * or none')))
    .transform((hosts) => (hosts.length === 0 ? ['*'] : hosts)),

  MAIL_TRANSPORT: z.enum(['cloudflare', 'resend', 'smtp']).default('cloudflare'),
  MAIL_FROM: mailbox,
  RESEND_API_KEY: z.string().min(10).optional(),
  RESEND_URL: z.url({ protocol: /^https?$/ }).default('https://api.resend.com/emails'),
  SMTP_HOST: z.string().optional(),
  SMTP_PORT: count(587, 1, 65_535),
  SMTP_SECURITY: z.enum(['starttls', 'tls', 'none']).default('starttls'),
  SMTP_USERNAME: z.string().optional(),
  SMTP_PASSWORD: z.string().optional(),

  AUDIT_SIGN_IN_DAYS: days(90),
  AUDIT_CHANGE_DAYS: days(400),
  UNVERIFIED_ACCOUNT_DAYS: days(30),
})
export type Config = z.output<typeof Settings> & { isLoopback: boolean; PASSKEY_RP_ID: string }

const OWASP_PBKDF2_ROUNDS = 6

/**
 * Runs even if there are other faults, so that all are reported at once. A setting read here may
 * therefore be invalid.
 */
const Checked = Settings.superRefine(checkTogether, { when: () => true })

function checkTogether(settings: z.output<typeof Settings>, ctx: z.RefinementCtx): void {
  const missing = (name: keyof typeof settings, because: string) => {
    if (settings[name] === undefined)
      ctx.addIssue({ code: 'custom', path: [name], message: because })
  }
  if (settings.MAIL_TRANSPORT === 'resend') missing('RESEND_API_KEY', 'is needed by this transport')
  if (settings.MAIL_TRANSPORT === 'smtp') missing('SMTP_HOST', 'is needed by this transport')
  if (!isOrigin(settings.PUBLIC_URL)) return
  const refuse = (name: string, message: string) =>
    ctx.addIssue({ code: 'custom', path: [name], message })
  const { hostname } = new URL(settings.PUBLIC_URL)
  const { PASSKEY_RP_ID: rpId = hostname } = settings
  if (hostname !== rpId && !hostname.endsWith(`.${rpId}`)) {
    refuse('PASSKEY_RP_ID', 'must be the host of PUBLIC_URL or a parent domain of it')
  }
  if (isLoopback(settings.PUBLIC_URL)) return
  if (!settings.PUBLIC_URL.startsWith('https://')) refuse('PUBLIC_URL', 'must be https')
  if (settings.PASSWORD_HASH_ROUNDS < OWASP_PBKDF2_ROUNDS) {
    refuse(
      'PASSWORD_HASH_ROUNDS',
      `must be at least ${OWASP_PBKDF2_ROUNDS} (600,000 iterations, OWASP)`,
    )
  }
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
}

/** The validated settings, cached per environment object, that is per isolate. Throws ConfigError. */
export function loadConfig(env: Env): Config {
  const known = cache.get(env)
  if (known) return known
  const given = settingsOf(env)
  const result = Checked.safeParse(given)
  if (!result.success) {
    const faults = result.error.issues.map(({ code, path, message }) => {
      const isMissing = code === 'invalid_type' && given[String(path[0])] === undefined
      return `${path.join('.')} ${isMissing ? 'is missing' : message}`
    })
    throw new ConfigError(faults)
  }
  const { PUBLIC_URL, PASSKEY_RP_ID = new URL(PUBLIC_URL).hostname } = result.data
  const config = { ...result.data, PASSKEY_RP_ID, isLoopback: isLoopback(PUBLIC_URL) }
  cache.set(env, config)
  warnOfEmpty(env)
  return config
}

/** These may be empty on purpose: `SETUP_TOKEN=` disables setup. */
const MAY_BE_EMPTY: ReadonlySet<string> = new Set(['SETUP_TOKEN'])

/**
 * Logs which settings are empty, once per isolate. `ACCENT_COLOR=#0f766e` in .dev.vars is one of
 * them: without quotes, everything after the # is a comment.
 */
function warnOfEmpty(env: Env): void {
  const given: Record<string, unknown> = { ...env }
  const settings = Object.keys(Settings.shape).filter(
    (name) => isBlank(given[name]) && !MAY_BE_EMPTY.has(name),
  )
  if (settings.length > 0) log.warn('settings_empty', null, { settings })
}

/**
 * Whether configuration faults may be shown to the caller: only on a developer's own machine. This
 * is decided by PUBLIC_URL, or by the URL of the request if PUBLIC_URL itself is invalid. The edge
 * never routes a request for localhost to a Worker, so a forged Host header reveals nothing there.
 */
export function isOwnMachine(env: Env, requestUrl: string): boolean {
  const given: Record<string, unknown> = { ...env }
  const publicUrl = given['PUBLIC_URL']
  return isLoopback(isOrigin(publicUrl) ? publicUrl : requestUrl)
}

const cache = new WeakMap<Env, Config>()

const isBlank = (value: unknown): boolean => typeof value === 'string' && value.trim() === ''

/** Treats an empty or blank text, such as `NAME=` in .dev.vars, as unset: as a number it would be 0. */
function settingsOf(env: Env): Record<string, unknown> {
  const given: Record<string, unknown> = { ...env }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => !isBlank(value)))
}
