/** What is left of deleted apps and replaced secrets goes at night. */
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { purgeApps } from '../../src/apps/purge'
import { rowsOf } from '../db/rows'
import { makeApp, makeResource } from '../support/apps'
import { depsFor } from '../support/deps'
import { makeUser } from '../support/users'

const DAY = 86_400_000

test('users of deleted apps are forgotten, and those of others are not', async () => {
  const { clientId } = await makeApp()
  for (let n = 0; n < 3; n++) {
    const { id } = await makeUser()
    const add = env.DB.prepare('INSERT INTO app_grants VALUES (?, ?, 1, 2)')
    await env.DB.batch(['a-deleted', clientId, 'z-deleted'].map((app) => add.bind(id, app)))
  }
  expect((await purgeApps(depsFor())).app_grants).toBe(6)
  expect(await rowsOf('SELECT DISTINCT client_id FROM app_grants')).toEqual([
    { client_id: clientId },
  ])
  expect((await purgeApps(depsFor())).app_grants).toBe(0)
})

test('a replaced secret goes when its day is over', async () => {
  const now = Date.now()
  const apps = [await makeApp(), await makeApp(), await makeApp()]
  const set = (table: string, key: string, id: string, until: number) =>
    rowsOf(
      `UPDATE ${table} SET previous_secret_hash = 'h', previous_secret_until = ? WHERE ${key} = ?`,
      until,
      id,
    )
  const [over, valid, future] = apps.map(({ clientId }) => clientId) as [string, string, string]
  await set('apps', 'client_id', over, now - 1)
  await set('apps', 'client_id', valid, now + DAY)
  await set('apps', 'client_id', future, now + 9 * DAY)
  await set('resources', 'id', (await makeResource()).id, now - 1)
  expect((await purgeApps(depsFor())).client_secrets).toBe(3)
  expect(await rowsOf('SELECT client_id FROM apps WHERE previous_secret_hash IS NOT NULL')).toEqual(
    [{ client_id: valid }],
  )
})
