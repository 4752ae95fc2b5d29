/**
 * The requests of each step and what a right answer holds. Every answer is read: a refusal or an answer without a
 * token ends the run, so that errors are never measured as speed.
 */
import type { FlowStep } from './figures.ts'
import {
  authorizePath,
  FROM_APP,
  pathOf,
  type Provider,
  REDIRECT_URI,
  VERIFIER,
} from './provider.ts'

export interface Asked {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string | number>>
  readonly body?: string
}

export interface Answer {
  readonly status: number
  /** Where it leads, if anywhere. */
  readonly location: string | undefined
  readonly setCookies: readonly string[]
  readonly body: string
}

interface Tokens {
  readonly access: string
  readonly refresh: string
}

/** What the steps of a round hand on: each code and each refresh token is used once. */
export interface Flow {
  readonly codes: string[]
  readonly tokens: Tokens[]
  readonly refreshed: Tokens[]
}

export interface Step {
  readonly asked: Asked
  /** Takes what the answer holds. Throws if the answer is not right. */
  readonly take: (answer: Answer) => void
}

const FORM = 'application/x-www-form-urlencoded'

/** The requests of a step; undefined if the provider does not offer it. */
export function requestsOf(provider: Provider, step: FlowStep, flow: Flow): Step[] | undefined {
  const { discovered, client, browsers } = provider
  const authorization = `Basic ${btoa(`${client.id}:${client.secret}`)}`
  const form = (endpoint: string, fields: Record<string, string>): Asked => {
    const body = new URLSearchParams(fields).toString()
    const headers = { authorization, 'content-type': FORM, 'content-length': body.length }
    return { method: 'POST', path: pathOf(endpoint), headers, body }
  }
  switch (step) {
    case 'authorize': {
      const path = authorizePath(provider)
      return browsers.map((cookie) => ({
        asked: { method: 'GET', path, headers: { ...FROM_APP, cookie } },
        take: (answer) => flow.codes.push(codeIn(answer)),
      }))
    }
    case 'code':
      return flow.codes.map((code) => ({
        asked: form(discovered.token_endpoint, {
          grant_type: 'authorization_code',
          code,
          redirect_uri: REDIRECT_URI,
          code_verifier: VERIFIER,
        }),
        take: (answer) => {
          const { id_token: idToken } = objectIn(answer)
          if (!isText(idToken)) throw new Error(`no ID token: ${answer.body}`)
          flow.tokens.push(tokensIn(answer))
        },
      }))
    case 'refresh':
      return flow.tokens.map(({ refresh }) => ({
        asked: form(discovered.token_endpoint, {
          grant_type: 'refresh_token',
          refresh_token: refresh,
        }),
        take: (answer) => {
          const next = tokensIn(answer)
          if (next.refresh === refresh) throw new Error('the refresh token was not replaced')
          flow.refreshed.push(next)
        },
      }))
    case 'userinfo':
      return flow.refreshed.map(({ access }) => ({
        asked: {
          method: 'GET',
          path: pathOf(discovered.userinfo_endpoint),
          headers: { authorization: `Bearer ${access}` },
        },
        take: (answer) => {
          const { sub, email } = objectIn(answer)
          if (!isText(sub) || !isText(email)) throw new Error(`no user: ${answer.body}`)
        },
      }))
    case 'introspect': {
      const endpoint = discovered.introspection_endpoint
      return endpoint === undefined
        ? undefined
        : flow.refreshed.map(({ access: token }) => ({
            asked: form(endpoint, { token }),
            take: (answer) => {
              if (objectIn(answer)['active'] !== true) throw new Error(`inactive: ${answer.body}`)
            },
          }))
    }
  }
}

/** The code in the redirect to the app. Throws if the answer leads anywhere else. */
export function codeIn({ status, location, body }: Answer): string {
  const code = location?.startsWith(`${REDIRECT_URI}?`)
    ? new URL(location).searchParams.get('code')
    : null
  if (![302, 303].includes(status) || !code) {
    throw new Error(`no code: ${status} ${location ?? ''} ${body.slice(0, 500)}`)
  }
  return code
}

function tokensIn(answer: Answer): Tokens {
  const { access_token: access, refresh_token: refresh } = objectIn(answer)
  if (!isText(access) || !isText(refresh)) throw new Error(`no tokens: ${answer.body}`)
  return { access, refresh }
}

function objectIn({ status, body }: Answer): Record<string, unknown> {
  if (status !== 200) throw new Error(`${status} ${body.slice(0, 500)}`)
  return JSON.parse(body) as Record<string, unknown>
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
