/**
 * A client of the Gatehouse API: typed calls by path, sign-in and sign-out, and automatic renewal
 * of tokens. All state is in the client and its token store, so a program may have many clients:
 * one per user, or one per request.
 */
import createFetchClient from 'openapi-fetch'
import type { Login, Passkey, PasskeyRequest, paths, SecondFactorRequired, User } from './api.ts'
import type { Call, Method } from './call.ts'
import { deadline, within } from './deadline.ts'
import { GatehouseProblem, GatehouseUnreachable, isGatehouseFailure, refusal } from './failure.ts'
import { type CeremonyOptions, createPasskey, forgetPasskey, usePasskey } from './passkeys.ts'
import { createSession, type SessionEvent } from './session.ts'
import { memoryTokens, type TokenStore } from './tokens.ts'

export interface GatehouseOptions {
  /** The URL of the service, such as https://auth.example.com. */
  readonly baseUrl: string
  /** The store of the tokens. Default: memory. */
  readonly tokens?: TokenStore
  /**
   * The most milliseconds that a call may take, including a renewal of the token. Default: 10,000.
   */
  readonly timeoutMs?: number
  /** Replaces the global fetch, for example by that of a service binding. */
  readonly fetch?: (request: Request) => Promise<Response>
}

/** The result of a sign-in that was not refused. */
export type SignIn =
  | ({ readonly status: 'signed_in'; readonly user: User } & Trust)
  /**
   * Signed in, but the session may only perform the action that `reason` requires. Then the user
   * signs in again.
   */
  | ({
      readonly status: 'restricted'
      readonly reason: NonNullable<Login['restricted']>
      readonly user: User
    } & Trust)
  /** The password is right; continue with `verifySecondFactor`. */
  | {
      readonly status: 'second_factor'
      readonly challengeToken: string
      /** Seconds. */
      readonly expiresIn: number
      /** How the second step can be taken, the strongest first. */
      readonly methods: SecondFactorRequired['methods']
    }

interface Trust {
  /** Only of a trusted browser. Send it with the next sign-in, which answers another one. */
  readonly deviceToken?: string
}

export interface Credentials {
  readonly email: string
  readonly password: string
  /**
   * Requests a longer session that is renewed automatically. Without it, the session ends with its
   * access token.
   */
  readonly remember?: boolean
  /** The token of a trusted browser, as its last sign-in answered it. */
  readonly deviceToken?: string
}

export interface SecondStep {
  /** Trusts this browser: with the `deviceToken` of the result its sign-ins skip the second step. */
  readonly trustDevice?: boolean
}

export type SecondFactor =
  | { readonly code: string }
  | { readonly recoveryCode: string }
  /** Asks the browser for a passkey. */
  | { readonly passkey: true }

export interface PasskeySignIn extends CeremonyOptions {
  /** See `Credentials`. */
  readonly remember?: boolean
}

export interface NewPasskey extends CeremonyOptions {
  /** Default: the model of the authenticator, or the browser. */
  readonly name?: string
}

export interface AddedPasskey {
  readonly passkey: Passkey
  /** Ten codes with the first second factor or passkey. Show them: there is no other time. */
  readonly recoveryCodes: readonly string[] | null
}

export interface Gatehouse {
  readonly get: Call<'get'>
  readonly post: Call<'post'>
  readonly put: Call<'put'>
  readonly patch: Call<'patch'>
  readonly delete: Call<'delete'>
  /** Throws `invalid_credentials`, `account_not_active` and `too_many_attempts`, among others. */
  readonly signIn: (credentials: Credentials) => Promise<SignIn>
  /**
   * The second step of a sign-in. Throws `invalid_2fa_code` and `invalid_challenge`, among others.
   */
  readonly verifySecondFactor: (
    challengeToken: string,
    factor: SecondFactor,
    options?: SecondStep,
  ) => Promise<SignIn>
  /**
   * Signs in by a passkey, which needs no name of a user. In browsers only, like all that uses one.
   * Throws `unknown_passkey` and `invalid_passkey`, among others, and what the browser throws, such as
   * a `NotAllowedError` if the user cancels.
   */
  readonly signInWithPasskey: (options?: PasskeySignIn) => Promise<SignIn>
  /** Proves by a passkey who is acting, after a call was refused with `step_up_required`. */
  readonly confirmWithPasskey: (options?: CeremonyOptions) => Promise<void>
  /** Makes a passkey for the user. Throws `step_up_required` and `limit_reached`, among others. */
  readonly addPasskey: (passkey?: NewPasskey) => Promise<AddedPasskey>
  readonly listPasskeys: () => Promise<readonly Passkey[]>
  readonly renamePasskey: (id: string, name: string) => Promise<void>
  /** Throws `last_way_in` for the only way to sign in that the user has left. */
  readonly removePasskey: (id: string) => Promise<void>
  /** Ends the session. If the service cannot be reached, it throws and keeps the tokens. */
  readonly signOut: () => Promise<void>
  /**
   * Calls the listener on sign-ins and sign-outs, including those that the client did not start.
   * Returns a function that unsubscribes.
   */
  readonly subscribe: (listener: (event: SessionEvent) => void) => () => void
}

const TIMEOUT_MS = 10_000

/** Creates a client. Throws a TypeError for a `baseUrl` that is not a URL. */
export function createGatehouse(options: GatehouseOptions): Gatehouse {
  const { timeoutMs = TIMEOUT_MS } = options
  const baseUrl = new URL(options.baseUrl).href.replace(/\/$/, '')
  const fetch = options.fetch ?? ((request) => globalThis.fetch(request))
  const session = createSession({
    store: options.tokens ?? memoryTokens(),
    fetch,
    exchange: async (refresh_token) =>
      open('post')('/api/v1/auth/refresh', { body: { refresh_token } }),
  })
  const callsBy = (send: typeof fetch) => {
    const client = createFetchClient<paths>({ baseUrl, fetch: send })
    const call = async (method: Method, path: string, init: AnyInit = {}) => {
      const limit = deadline(timeoutMs, init.signal)
      const bounded = { ...init, ...asItIs(init), signal: limit.signal }
      try {
        // A custom `fetch` may ignore the signal.
        const answer = client.request(method, path as never, bounded as never)
        const { data, error, response } = await within(limit.signal, answer)
        if (response.ok) return data
        throw refusal(response, error)
      } catch (error) {
        throw failureOf(error, limit.signal)
      } finally {
        limit.clear()
      }
    }
    return <M extends Method>(method: M) =>
      ((path: string, init?: AnyInit) => call(method, path, init)) as unknown as Call<M>
  }
  /** Calls without and with a token. */
  const open = callsBy(fetch)
  const calls = callsBy((request) => session.send(request))

  const begun = async (answer: Login | SecondFactorRequired): Promise<SignIn> => {
    if ('requires_2fa' in answer) {
      const { challenge_token: challengeToken, expires_in: expiresIn, methods } = answer
      return { status: 'second_factor', challengeToken, expiresIn, methods }
    }
    await session.begin(answer)
    const { restricted: reason, user, device_token: deviceToken } = answer
    const rest = { user, ...(deviceToken !== undefined && { deviceToken }) }
    return reason === null
      ? { status: 'signed_in', ...rest }
      : { status: 'restricted', reason, ...rest }
  }

  return {
    get: calls('get'),
    post: calls('post'),
    put: calls('put'),
    patch: calls('patch'),
    delete: calls('delete'),
    subscribe: session.subscribe,

    async signIn({ email, password, remember = false, deviceToken }) {
      const body = {
        username: email,
        password,
        remember_me: remember,
        ...(deviceToken !== undefined && { device_token: deviceToken }),
      }
      return begun(await open('post')('/api/v1/auth/login', { body }))
    },

    async verifySecondFactor(challengeToken, factor, { trustDevice = false } = {}) {
      const proof =
        'passkey' in factor
          ? await used(
              await open('post')('/api/v1/auth/2fa/passkey/options', {
                body: { challenge_token: challengeToken },
              }),
            )
          : {
              challenge_token: challengeToken,
              ...('code' in factor ? factor : { recovery_code: factor.recoveryCode }),
            }
      const body = { ...proof, trust_device: trustDevice }
      return begun(await open('post')('/api/v1/auth/2fa/verify', { body }))
    },

    async signInWithPasskey({ remember = false, ...options } = {}) {
      const asked = await open('post')('/api/v1/auth/passkey/options')
      const presented = await used(asked, options)
      const body = { ...presented, remember_me: remember }
      try {
        return await begun(await open('post')('/api/v1/auth/passkey/verify', { body }))
      } catch (error) {
        if (error instanceof GatehouseProblem && error.code === 'unknown_passkey') {
          forgetPasskey(asked, presented.credential)
        }
        throw error
      }
    },

    async confirmWithPasskey(options) {
      const asked = await calls('post')('/api/v1/auth/step-up/passkey/options')
      const passkey = await used(asked, options)
      await calls('post')('/api/v1/auth/step-up', { body: { passkey } })
    },

    async addPasskey({ name, ...options } = {}) {
      const unseen = options.mediation === 'conditional'
      const asked = await calls('post')('/api/v1/users/passkeys/options', { body: { unseen } })
      const body = {
        challenge_token: asked.challenge_token,
        credential: await createPasskey(asked, options),
        ...(name !== undefined && { name }),
      }
      const added = await calls('post')('/api/v1/users/passkeys', { body })
      return { passkey: added.passkey, recoveryCodes: added.recovery_codes }
    },

    async listPasskeys() {
      return (await calls('get')('/api/v1/users/passkeys')).items
    },

    async renamePasskey(id, name) {
      const params = { path: { id } }
      await calls('patch')('/api/v1/users/passkeys/{id}', { params, body: { name } })
    },

    async removePasskey(id) {
      await calls('delete')('/api/v1/users/passkeys/{id}', { params: { path: { id } } })
    },

    async signOut() {
      try {
        await session.end(() => calls('post')('/api/v1/auth/logout'))
      } catch (error) {
        // If the session had already ended, that is fine: its tokens have been dropped on the way.
        if (isGatehouseFailure(error) && error.outcome === 'unauthorised') return
        throw error
      }
    },
  }
}

/** The use of a passkey, with the token of its options. */
const used = async (asked: PasskeyRequest, options?: CeremonyOptions) => ({
  challenge_token: asked.challenge_token,
  credential: await usePasskey(asked, options),
})

/** A call's second argument, for any path. */
interface AnyInit {
  readonly signal?: AbortSignal
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** The only body that is not JSON: the lines of an import. */
const asItIs = ({ body, headers }: AnyInit) =>
  typeof body === 'string' && {
    bodySerializer: (text: string) => text,
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  }

/**
 * Returns what the caller gets: our own failures, the reason of the caller's abort, and anything
 * else as `unreachable`.
 */
function failureOf(error: unknown, { aborted, reason }: AbortSignal): unknown {
  if (isGatehouseFailure(error)) return error
  if (aborted) return reason
  return new GatehouseUnreachable('The service cannot be reached', { cause: error })
}
