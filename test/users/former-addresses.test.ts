/** Addresses that users have given up: how long they are kept, in what form, and who gives up which. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config'
import { runBatch } from '../../src/db/batch'
import { countKeys } from '../../src/jobs/count-keys'
import { reEncrypt } from '../../src/jobs/re-encrypt'
import { shardOf } from '../../src/throttle/shard'
import {
  KEPT_A_USER,
  openFormer,
  purgeFormerAddresses,
  rememberFormer,
} from '../../src/users/former-addresses'
import { rowsOf } from '../db/rows'
import { DAY, stopClock } from '../support/clock'
import { changeEmail, moveTo, sendAll } from '../support/credentials'
import { depsFor } from '../support/deps'
import { mailsTo } from '../support/mailbox'
import { objectTables } from '../support/stores'
import { under } from '../support/under'
import { freshEmail, makeUser, signedInUser, staff } from '../support/users'
import { postSignIn } from '../support/users-by-api'
import { wrapEnv } from '../support/wrapped-env'

stopClock()

const NEW_KEY = 'next:nLxYp3mWq8sD5vTz1RkGh7cJb2aUe9fXi4oV6wN0yQE'

async function formerOf(id: number, deps = depsFor()) {
  const rows = await rowsOf<{ id: string; address: string }>(
    'SELECT * FROM former_addresses WHERE user_id = ? ORDER BY id',
    id,
  )
  return Promise.all(rows.map((row) => openFormer(deps, row)))
}

/** Whether the throttle holds anything under an address. */
async function isCounted(emailKey: string): Promise<boolean> {
  const { name, owner } = await shardOf(loadConfig(env), { emailKey })
  return JSON.stringify(await objectTables(env.THROTTLE.getByName(name))).includes(owner)
}

const giveUp = async (deps: ReturnType<typeof depsFor>, id: number, emailKey: string) =>
  runBatch(deps, await rememberFormer(deps, { id, emailKey }, 'another@example.com'))

describe('former addresses', () => {
  it('are the newest of a user, kept as long as the log keeps sign-ins', async () => {
    const { id } = await makeUser()
    for (let n = 0; n <= KEPT_A_USER; n++) {
      await giveUp(depsFor({ now: Date.now() + n }), id, `${n}@example.com`)
    }
    const kept = await formerOf(id)
    expect(kept).toEqual(Array.from({ length: KEPT_A_USER }, (_, n) => `${n + 1}@example.com`))
    const after = (days: number) => depsFor({ now: Date.now() + days * DAY })
    expect(await purgeFormerAddresses(after(89))).toBe(0)
    expect(await purgeFormerAddresses(after(91))).toBeGreaterThanOrEqual(KEPT_A_USER)
    expect(await formerOf(id)).toEqual([])
  })

  it('are not those that only got another spelling', async () => {
    const root = await staff('admin')
    const { id, email } = await makeUser()
    const spelt = { email: email.replace(/^./, (letter) => letter.toUpperCase()) }
    expect((await root.asks('PATCH', `/admin/users/${id}`, spelt)).status).toBe(200)
    expect(await formerOf(id)).toEqual([])
  })

  it('move to a new data key, which then opens them alone', async () => {
    const { id } = await makeUser()
    await giveUp(depsFor(), id, 'before@example.com')
    const both = depsFor({ env: { ...env, DATA_KEYS: `${NEW_KEY},${env.DATA_KEYS}` } as Env })
    expect((await countKeys(both))['former_addresses:test1']).toBeGreaterThanOrEqual(1)
    expect((await reEncrypt(both)).unreadable).toBe(0)
    const counts = await countKeys(both)
    expect(counts['former_addresses:test1']).toBeUndefined()
    expect(counts['former_addresses:next']).toBeGreaterThanOrEqual(1)
    const alone = depsFor({ env: { ...env, DATA_KEYS: NEW_KEY } as Env })
    expect(await formerOf(id, alone)).toEqual(['before@example.com'])
    expect(await formerOf(id)).toEqual([undefined])
  })

  it('are no longer counted in the throttle once the account is erased; wanted ones are', async () => {
    const root = await staff('admin')
    const ada = await signedInUser()
    const wanted = freshEmail()
    await postSignIn({ ...ada, password: 'Wrong-Horse-7' })
    expect(
      (await root.asks('PATCH', `/admin/users/${ada.id}`, { email: freshEmail() })).status,
    ).toBe(200)
    expect((await changeEmail(ada, wanted)).status).toBe(202)
    expect([await isCounted(ada.email), await isCounted(wanted)]).toEqual([true, true])
    expect((await root.asks('DELETE', `/admin/users/${ada.id}`)).status).toBe(202)
    await sendAll()
    expect(await isCounted(ada.email)).toBe(false)
    // Or whoever makes accounts and erases them could have any address mailed without end.
    expect(await isCounted(wanted)).toBe(true)
  })
})

describe('an address that changes while another change is decided', () => {
  /** The API with the account moved elsewhere just before the first batch. */
  const overtaken = (id: number, address: string) => {
    let isDone = false
    return under(
      wrapEnv(env, async ({ name }, go) => {
        if (name === 'DB.batch' && !isDone) {
          isDone = true
          const move = 'UPDATE users SET email = ?1, email_key = ?1 WHERE id = ?2'
          await env.DB.prepare(move).bind(address, id).run()
        }
        return go()
      }) as never,
    )
  }

  it('is the one that is taken away by an undo link, and told', async () => {
    const ada = await signedInUser()
    const [second, third] = [freshEmail(), freshEmail()]
    const token = await moveTo(ada, ada.email, second)
    const reply = await overtaken(ada.id, third).post('/api/v1/auth/undo-email-change', { token })
    expect(reply.status).toBe(200)
    await sendAll()
    expect(await formerOf(ada.id)).toEqual([ada.email, third])
    expect(mailsTo(third)).toHaveLength(1)
  })

  it('is the one that an admin takes away', async () => {
    const root = await staff('admin')
    const { id } = await makeUser()
    const [second, third] = [freshEmail(), freshEmail()]
    const path = `/api/v1/admin/users/${id}`
    const reply = await overtaken(id, second).patch(path, { email: third }, root.token)
    expect([reply.status, reply.body.email]).toEqual([200, third])
    expect(await formerOf(id)).toEqual([second])
  })
})
