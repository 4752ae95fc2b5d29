/**
 * Where the link leads that a new address was mailed. It proves access to the mailbox, not to the account:
 * in a session of the account one button confirms, elsewhere the account's password is needed. A reader
 * who does not know the account can decline.
 */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import type { Deps } from '../../context'
import { tokenField } from '../../credentials/fields'
import { currentPasswordField } from '../../credentials/password-policy'
import { confirmEmailChange, isOwnSession } from '../../email-change/confirm-email-change'
import { DomainError } from '../../errors'
import { findToken, type FoundToken } from '../../one-time-tokens/one-time-token'
import { maskAddress } from '../../texts/mask-address'
import { PasswordField } from '../components/fields'
import { Form, Hidden, Submit } from '../components/form'
import { formPage } from '../runtime/form-page'
import { redirect } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { isSpent, linkQuery, spentLink, tokenOf } from './mailed-links'

const PATH = '/confirm-email-change'

/** An empty field counts as left out: the refusal then names it. */
const passwordOrNothing = z
  .string()
  .transform((text) => (text === '' ? undefined : text))
  .pipe(currentPasswordField.optional())
  .optional()

export const confirmEmailChangePage = formPage({
  path: PATH,
  access: 'visitor',
  query: linkQuery,
  fields: z.strictObject({ token: tokenField, password: passwordOrNothing }),
  show: async (request) => {
    const { texts, deps, visitor } = request
    const words = texts.signedOut.confirmChange
    const token = tokenOf(request)
    const found = isSpent(request) ? undefined : await usableToken(deps, token)
    if (!found) {
      const way = { href: '/', label: texts.layout.errorPage.toStart }
      return spentLink(words.title, words.spent, way)
    }
    const account = maskAddress(found.accountEmail)
    return {
      title: words.title,
      lead: words.lead(account),
      main: isOwnSession(found, visitor?.principal ?? null) ? (
        <Form action={PATH}>
          <Hidden name="token" value={token} />
          <Submit class="wide">{words.submit}</Submit>
        </Form>
      ) : (
        <WithPassword token={token} account={account} />
      ),
    }
  },
  submit: async ({ deps, visitor }, { token, password }) => {
    await confirmEmailChange(deps, { token, principal: visitor?.principal ?? null, password })
    return redirect('/sign-in', { flash: 'email_changed' })
  },
})

/** The link's token while it can be used; looking it up changes nothing. */
async function usableToken(deps: Deps, token: string): Promise<FoundToken | undefined> {
  try {
    return await findToken(deps, 'confirm_email_change', token)
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid_token') return undefined
    throw error
  }
}

/** For visitors who are not signed in to the account: they may be its user or not. */
const WithPassword: FC<{ token: string; account: string }> = ({ token, account }) => {
  const words = usePage().texts.signedOut.confirmChange
  return (
    <>
      <p>{words.askPassword}</p>
      <Form action={PATH}>
        <Hidden name="token" value={token} />
        <div class="field">
          <label for="account">{words.account}</label>
          <input id="account" value={account} autocomplete="username" readonly />
        </div>
        <PasswordField label={words.password} isFirst />
        <Submit class="wide">{words.submit}</Submit>
      </Form>
      <form method="post" action="/decline-email-change" class="card-foot">
        <Hidden name="token" value={token} />
        {words.notMine} <button class="link">{words.decline}</button>
      </form>
    </>
  )
}
