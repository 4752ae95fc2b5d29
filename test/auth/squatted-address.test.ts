/** Registrations that nobody confirmed keep an address from nobody who shows that the mailbox is theirs. */
import { describe, expect, it } from 'vitest'
import { rowsOf } from '../db/rows'
import { stopClock } from '../support/clock'
import { changeToken, confirmChange, profileOf, sendAll } from '../support/credentials'
import { signedInMember } from '../support/members'
import { freshEmail } from '../support/people'
import { said } from '../support/second-factor'
import { leftOf, NOTHING_LEFT, squatter } from '../support/squatter'

stopClock()

describe('an address that a stranger has registered and nobody confirmed', () => {
  it.each(['before', 'since'])('%s, is had by who proves the mailbox', async (when) => {
    const ada = await signedInMember()
    const address = freshEmail()
    const registered = when === 'before' ? await squatter(address) : undefined
    const token = await changeToken(ada, address)
    const stranger = registered ?? (await squatter(address))
    expect(said(await confirmChange(token, { by: ada.token }))).toEqual([200])
    await sendAll()
    expect(await leftOf(stranger)).toEqual(NOTHING_LEFT)
    expect(await profileOf(ada)).toMatchObject({ id: ada.id, email: address })
    const events = await rowsOf(
      "SELECT event, actor_id FROM audit_log WHERE target_id = ? AND event <> 'user.registered'",
      stranger.id,
    )
    expect(events).toContainEqual({ event: 'user.registration_declined', actor_id: ada.id })
  })
})
