/**
 * The page behind the mail to a wanted address. The link proves that mailbox and nothing about the account:
 * in a session of the account one button confirms, elsewhere its password does. A reader who does not
 * know the account can decline.
 */
import * as z from 'zod'
import { confirmEmailChange, isOwnSession } from '../../email-change/confirm-email-change'
import { tokenField } from '../../credentials/fields'
import { findToken, type FoundToken } from '../../one-time-tokens/one-time-token'
import { currentPasswordField } from '../../credentials/password-policy'
import type { Deps } from '../../context'
import { DomainError } from '../../errors'
import { maskAddress } from '../../texts/mask-address'
import type { Texts } from '../../texts/en'
import { Field, Form, Hidden, Submit } from '../components/form'
import { formPage } from '../runtime/form-page'
import type { FormState } from '../runtime/form-state'
import { redirect } from '../runtime/page'
import { isSpent, spentLink, tokenOf } from './mailed-links'

const PATH = '/confirm-email-change'

/** An empty field is none: the refusal then names it. */
const passwordOrNothing = z
  .string()
  .transform((text) => (text === '' ? undefined : text))
  .pipe(currentPasswordField.optional())
  .optional()

export const confirmEmailChangePage = formPage({
  path: PATH,
  access: 'visitor',
  fields: z.strictObject({ token: tokenField, password: passwordOrNothing }),
  show: async (request, form) => {
    const { texts, deps, visitor } = request
    const words = texts.signedOut.confirmChange
    const token = tokenOf(request, form)
    const found = isSpent(token, form) ? undefined : await standing(deps, token)
    if (!found) {
      const way = { href: '/', label: texts.frame.errorPage.toStart }
      return spentLink(words.title, words.spent, way)
    }
    const account = maskAddress(found.accountEmail)
    return {
      title: words.title,
      lead: words.lead(account),
      main: isOwnSession(found, visitor?.principal ?? null) ? (
        <Form texts={texts} form={form} action={PATH}>
          <Hidden name="token" value={token} />
          <Submit class="wide">{words.submit}</Submit>
        </Form>
      ) : (
        <Stranger texts={texts} form={form} token={token} account={account} />
      ),
    }
  },
  submit: async ({ deps, visitor }, { token, password }) => {
    await confirmEmailChange(deps, { token, principal: visitor?.principal ?? null, password })
    return redirect('/sign-in', { flash: 'email_changed' })
  },
})

/** The link's token while it is good for something; looking it up changes nothing. */
async function standing(deps: Deps, token: string): Promise<FoundToken | undefined> {
  try {
    return await findToken(deps, 'confirm_email_change', token)
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid_token') return undefined
    throw error
  }
}

/** For visitors who are not signed in to the account: they may be its user or not. */
const Stranger = (p: { texts: Texts; form: FormState; token: string; account: string }) => {
  const { texts, form, token } = p
  const words = texts.signedOut.confirmChange
  return (
    <>
      <p>{words.askPassword}</p>
      <Form texts={texts} form={form} action={PATH}>
        <Hidden name="token" value={token} />
        <div class="field">
          <label for="account">{words.account}</label>
          <input id="account" value={p.account} autocomplete="username" readonly />
        </div>
        <Field
          texts={texts}
          form={form}
          name="password"
          label={words.password}
          type="password"
          autocomplete="current-password"
          isFirst
        />
        <Submit class="wide">{words.submit}</Submit>
      </Form>
      <form method="post" action="/decline-email-change" class="card-foot">
        <Hidden name="token" value={token} />
        {words.notMine} <button class="link">{words.decline}</button>
      </form>
    </>
  )
}
