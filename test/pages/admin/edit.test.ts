/** An admin's form of somebody's profile, which always sends the address that it shows. */
import { beforeAll, expect, it } from 'vitest'
import { stopClock } from '../../support/clock'
import { moveTo, undoChange } from '../../support/credentials'
import { freshEmail, rowOf, signedInUser } from '../../support/users'
import { flashOf, makeStaffRoles, visitor, type Visit } from './site'

stopClock()

let support: Visit
beforeAll(async () => {
  await makeStaffRoles()
  support = await visitor('support')
})

it('sets no address that was only shown, neither the present one nor one that is over', async () => {
  const person = await signedInUser()
  const now = freshEmail()
  const undo = await moveTo(person, person.email, now)
  const at = `/admin/users/${person.id}/edit`
  expect((await support.open(at)).body).toMatch(
    new RegExp(`type="hidden" name="shown_email" value="${now}"`),
  )
  for (const shown of [now, person.email]) {
    const fields = { full_name: 'Ada King', bio: '', avatar_url: '' }
    const reply = await support.submit(at, { ...fields, email: shown, shown_email: shown })
    expect(flashOf(await support.follow(reply))).toBe('The profile has been saved.')
  }
  expect(await rowOf(person.id)).toMatchObject({ email: now, full_name: 'Ada King' })
  expect((await undoChange(undo)).status).toBe(200)
})
