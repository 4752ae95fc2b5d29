/** Requests a second and latency of the hot routes, beside a bare Worker and beside better-auth. */
import type { Request } from 'autocannon'
import type { Bundle } from '../runtime/bundle.ts'
import { loginCpu } from './login-cpu.ts'
import { median } from './median.ts'
import { betterAuthPeople, fillBare, gatehousePeople } from './people.ts'
import { inRounds, ratio, type Rounds, type Target } from './rounds.ts'
import { serveAll } from './workers.ts'

const CONNECTIONS = 32
/** A password hash keeps a core busy: more connections would only wait. */
const LOGIN_CONNECTIONS = 4
/** Longer than the queue waits for a batch. */
const LOGIN_SETTLE_MS = 1_500

const at = (path: string, requests: Request[]) => requests.map((each) => ({ ...each, path }))

export async function measureThroughput(
  ours: Bundle,
  theirs: Bundle,
  /** Sign-ins are so many a round: the same for all that are compared. */
  how: { rounds: number; seconds: number; logins: number },
) {
  const served = await serveAll(ours, theirs)
  try {
    await fillBare(await served.database('bare-d1'))
    const people = await gatehousePeople(served, 'gatehouse')
    const light = await gatehousePeople(served, 'gatehouse-light')
    const off = await betterAuthPeople(served, 'better-auth')
    const on = await betterAuthPeople(served, 'better-auth-cached')
    const target = (name: string, worker: string, requests: Request[], more = {}): Target => ({
      name,
      url: served.at(worker),
      requests,
      connections: CONNECTIONS,
      ...more,
    })
    const login = {
      connections: LOGIN_CONNECTIONS,
      settle: LOGIN_SETTLE_MS,
      amount: how.logins,
    }
    const one = { connections: 1 }
    const routes = {
      session: at('/api/v1/auth/session', people.sessions),
      profile: at('/api/v1/users/profile', people.sessions),
      off: at('/api/auth/get-session', off.sessions),
      on: at('/api/auth/get-session', on.sessions),
      object: at('/', people.sessions),
    }
    const rounds = await inRounds(
      [
        target('bare', 'bare', [{ path: '/' }]),
        target('bare_object', 'bare-object', routes.object),
        target('bare_d1', 'bare-d1', [{ path: '/' }]),
        target('session', 'gatehouse', routes.session),
        target('profile', 'gatehouse', routes.profile),
        target('better_auth_session', 'better-auth', routes.off),
        target('better_auth_cached_session', 'better-auth-cached', routes.on),
        target('login', 'gatehouse', people.logins, login),
        target('login_one_round', 'gatehouse-light', light.logins, login),
        target('better_auth_login', 'better-auth', off.logins, login),
        target('bare_object_1', 'bare-object', routes.object, one),
        target('session_1', 'gatehouse', routes.session, one),
        target('profile_1', 'gatehouse', routes.profile, one),
        target('better_auth_session_1', 'better-auth', routes.off, one),
      ],
      how,
    )
    return summary(rounds)
  } finally {
    await served.stop()
  }
}

const told = (value: number) => (Number.isNaN(value) ? null : round(value, 3))
const round = (value: number, digits = 0) => Number(value.toFixed(digits))

function summary(rounds: Rounds) {
  const rps = (name: string) =>
    round(
      median((rounds.get(name) ?? []).map((sample) => sample.rps)),
      name.includes('login') ? 1 : 0,
    )
  const versus = (one: string, other: string) => round(ratio(rounds, one, other), 2)
  return {
    session_rps: rps('session'),
    bare_rps: rps('bare'),
    bare_object_rps: rps('bare_object'),
    bare_d1_rps: rps('bare_d1'),
    profile_rps: rps('profile'),
    login_rps: rps('login'),
    better_auth_session_rps: rps('better_auth_session'),
    better_auth_cached_session_rps: rps('better_auth_cached_session'),
    better_auth_login_rps: rps('better_auth_login'),
    session_vs_bare_object: versus('session', 'bare_object'),
    session_vs_better_auth: versus('session', 'better_auth_session'),
    profile_vs_better_auth: versus('profile', 'better_auth_session'),
    login_vs_better_auth: versus('login', 'better_auth_login'),
    ...loginCpu(rounds),
    targets: Object.fromEntries(
      [...rounds].map(([name, samples]) => [
        name,
        {
          rps: rps(name),
          rps_min: round(Math.min(...samples.map((sample) => sample.rps)), 1),
          rps_max: round(Math.max(...samples.map((sample) => sample.rps)), 1),
          p50_ms: round(median(samples.map((sample) => sample.p50)), 1),
          p99_ms: round(median(samples.map((sample) => sample.p99)), 1),
          cpu_ms: told(median(samples.map((sample) => sample.cpu))),
        },
      ]),
    ),
  }
}

export type Throughput = Awaited<ReturnType<typeof measureThroughput>>
