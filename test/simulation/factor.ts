/** Operations of the second factor. */
import { own } from './account'
import { PENDING_LINKS, type Change, type Somebody } from './model'
import { codeOf, freshCode } from './second-step'
import type { Operation } from './sign-in'
import type { World } from './world'

const CALLS = ['USER_SESSIONS.tryFactor', 'USER_SESSIONS.acceptFactor']
const same = (): Change => ({ to: (was) => was, isLocal: true })

/** Without a factor one begins, or finishes what was begun; with one it goes again, or its codes are renewed. */
export const factor: Operation = async (world, who) => {
  if (who.core?.roles.includes('admin')) return
  if (who.core?.hasFactor) return world.random.chance(0.3) ? disable(world, who) : renew(world, who)
  if (who.pendingSecret === null) return begin(world, who)
  return enable(world, who)
}

const begin: Operation = async (world, who) => {
  const body = (password: string) => ({ password })
  const answer = await own(world, who, { method: 'POST', path: '2fa/setup', body }, '200', same)
  if (answer === undefined) return
  world.count('reached factor begun')
  who.pendingSecret = answer.secret
  world.secrets.add(answer.secret)
  if (world.random.chance(0.3)) return
  world.arm()
  await enable(world, who)
}

const enable: Operation = async (world, who) => {
  const secret = who.pendingSecret ?? ''
  // Ten minutes may have passed, or a lost answer may have begun another setup.
  const allowed = ['409 no_pending_setup', '400 invalid_2fa_code']
  const before = who.secret
  who.secret = secret
  who.pendingSecret = null
  who.spent = []
  const answer = await own(
    world,
    who,
    {
      method: 'POST',
      path: '2fa/enable',
      body: async () => ({ code: await freshCode(world, secret) }),
      aims: CALLS,
    },
    '200',
    (session) => ({
      to: (was) => ({ ...was, hasFactor: true }),
      revokes: session,
      voids: PENDING_LINKS,
    }),
    allowed,
  )
  if (answer !== undefined) world.count('reached factor on')
  keepCodes(world, who, answer)
  if (!who.core?.hasFactor) who.secret = before
}

function keepCodes(world: World, who: Somebody, answer: { recovery_codes: string[] } | undefined) {
  for (const code of answer?.recovery_codes ?? []) world.secrets.add(code)
  who.recovery = answer?.recovery_codes ?? []
}

const disable: Operation = async (world, who) => {
  const recovery = world.random.chance(0.4) ? who.recovery.at(-1) : undefined
  who.recovery = who.recovery.filter((each) => each !== recovery)
  const body = async (password: string) => ({
    password,
    ...(recovery ? { recovery_code: recovery } : await codeOf(world, who)),
  })
  const answer = await own(
    world,
    who,
    { method: 'POST', path: '2fa/disable', body, aims: CALLS },
    '200',
    (session) => ({
      to: (was) => ({ ...was, hasFactor: false }),
      revokes: session,
      voids: PENDING_LINKS,
    }),
  )
  if (answer !== undefined) world.count('reached factor off')
}

/** The old codes die, and must not work any more. */
const renew: Operation = async (world, who) => {
  const body = async (password: string) => ({ password, ...(await codeOf(world, who)) })
  const path = '2fa/recovery-codes'
  const old = who.recovery
  const ask = { method: 'POST', path, body, aims: CALLS }
  const answer = await own(world, who, ask, '200', same)
  if (answer === undefined) who.recovery = world.isStruck ? [] : old
  else {
    keepCodes(world, who, answer)
    who.spent.push(...old)
    world.count('reached recovery codes renewed')
  }
}
