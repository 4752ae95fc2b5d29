/** Browsers that are trusted at the second step, and their tokens at the next sign-ins. */
import type { Reply } from '../support/api'
import type { KnownDevice, KnownPasskey, Somebody } from './model'
import type { World } from './world'

/** Keeps the token of a browser that was trusted just now. */
export function keepDevice(
  world: World,
  who: Somebody,
  { body }: Reply,
  passkey: KnownPasskey | null,
): void {
  if (typeof body.device_token !== 'string') throw new Error('the browser is not trusted')
  world.secrets.add(body.device_token)
  who.devices.push({
    token: body.device_token,
    spent: null,
    rotatedAt: Date.now(),
    state: 'live',
    passkey,
  })
  world.count('reached a trusted browser')
}

/** REFRESH_GRACE_SECONDS. */
const GRACE_MS = 60_000

interface PresentedDevice {
  readonly body: { readonly device_token: string }
  readonly passkey: KnownPasskey | null
  /** Compares what a right password with the token was answered, and keeps the next token. */
  readonly judge: (reply: Reply) => void
}

/** Perhaps a token to send with the password: the newest of a browser, or one that was used before. */
export function presentDevice(world: World, who: Somebody): PresentedDevice | undefined {
  const device = world.random.pick(who.devices)
  if (!device || world.random.chance(0.4)) return undefined
  const isReused = device.spent !== null && world.random.chance(0.3)
  const device_token = isReused ? String(device.spent) : device.token
  const isInGrace = isReused && Date.now() - device.rotatedAt <= GRACE_MS
  const before = device.state
  // Whatever becomes of the answer, this token is used.
  if (!isInGrace) device.state = isReused || before === 'dead' ? 'dead' : 'perhaps'
  const judge = (reply: Reply) => {
    const isSkipped = reply.body.requires_2fa !== true
    if (isSkipped && (before === 'dead' || (isReused && !isInGrace)))
      throw new Error('a browser that is not trusted skipped the second step')
    if (!isSkipped && before === 'live' && (!isReused || isInGrace))
      throw new Error('a trusted browser was asked for the second step')
    if (!isSkipped) device.state = 'dead'
    else if (isReused) repeat(world, device, reply, before)
    else renew(world, device, reply)
  }
  return { body: { device_token }, passkey: device.passkey, judge }
}

/** The token before the newest, presented again soon, gets the newest again. */
function repeat(
  world: World,
  device: KnownDevice,
  { body }: Reply,
  before: KnownDevice['state'],
): void {
  if (before === 'live' && body.device_token !== device.token)
    throw new Error('a repeated token of a trusted browser has another successor')
  device.token = body.device_token
  world.secrets.add(body.device_token)
}

function renew(world: World, device: KnownDevice, { body }: Reply): void {
  if (typeof body.device_token !== 'string' || body.device_token === device.token)
    throw new Error('the token of a trusted browser was not renewed')
  world.secrets.add(body.device_token)
  device.spent = device.token
  device.token = body.device_token
  device.rotatedAt = Date.now()
  device.state = 'live'
  world.count('reached a second step skipped')
}
