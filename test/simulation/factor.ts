/** Operations of the second factor. */
import { codeAt } from '../support/totp'
import { own } from './account'
import { type Operation, STEP_MS } from './sign-in'

/** Without a factor one begins, or finishes what was begun; with one it goes again. */
export const factor: Operation = async (world, who) => {
  if (who.core?.roles.includes('admin')) return
  if (who.core?.hasFactor) return disable(world, who)
  if (who.pendingSecret === null) return begin(world, who)
  return enable(world, who)
}

const begin: Operation = async (world, who) => {
  const body = (password: string) => ({ password })
  const same = () => ({ to: (was: any) => was })
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
  world.pass(STEP_MS)
  const secret = who.pendingSecret ?? ''
  const code = await codeAt(secret)
  // Ten minutes may have passed, or a lost answer may have begun another set-up.
  const allowed = ['409 no_pending_setup', '400 invalid_2fa_code']
  const before = who.secret
  who.secret = secret
  who.pendingSecret = null
  const answer = await own(
    world,
    who,
    { method: 'POST', path: '2fa/enable', body: () => ({ code }) },
    '200',
    (session) => ({ to: (was) => ({ ...was, hasFactor: true }), ends: session }),
    allowed,
  )
  for (const each of answer?.recovery_codes ?? []) world.secrets.add(each)
  if (answer !== undefined) world.count('reached factor on')
  if (!who.core?.hasFactor) who.secret = before
}

const disable: Operation = async (world, who) => {
  world.pass(STEP_MS)
  const code = await codeAt(who.secret ?? '')
  await own(
    world,
    who,
    { method: 'POST', path: '2fa/disable', body: (password) => ({ password, code }) },
    '200',
    (session) => ({ to: (was) => ({ ...was, hasFactor: false }), ends: session }),
  )
}
