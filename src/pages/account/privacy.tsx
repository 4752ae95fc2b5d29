/** One's data to take along, and the end of the account. */
import * as z from 'zod'
import { currentPasswordField } from '../../credentials/password-policy'
import { eraseOwnAccount } from '../../privacy/erase-account'
import { exportAccount } from '../../privacy/export-account'
import { AccountName, Checkbox, Field, Form, Submit } from '../components/form'
import { formPage } from '../runtime/form-page'
import { issueTexts } from '../runtime/form-state'
import { Panel } from '../components/layout'
import { action, redirect, page } from '../runtime/page'
import { accountArea } from './account-links'
import { optionalCode } from './optional-code'

const HOME = '/account/privacy'

const privacy = page({
  path: HOME,
  access: 'session',
  show: ({ texts }) => {
    const words = texts.account.privacy
    return {
      ...accountArea(texts),
      title: words.title,
      main: (
        <>
          <Panel title={words.exportTitle} lead={words.exportLead}>
            <form method="post" action={`${HOME}/export`} data-download>
              <button class="button quiet">{words.export}</button>
            </form>
          </Panel>
          <Panel title={words.deleteTitle} lead={words.deleteLead}>
            <p>
              <a class="button danger" href={`${HOME}/delete`}>
                {words.delete}
              </a>
            </p>
          </Panel>
        </>
      ),
    }
  },
})

const download = action({
  path: `${HOME}/export`,
  access: 'session',
  home: HOME,
  act: async ({ deps, visitor }) =>
    new Response(await exportAccount(deps, visitor.principal), {
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'content-disposition': 'attachment; filename="account.json"',
        'cache-control': 'no-store',
      },
    }),
})

const erase = formPage({
  path: `${HOME}/delete`,
  access: 'session',
  fields: z.strictObject({
    password: currentPasswordField,
    code: optionalCode,
    understood: z.literal('true'),
  }),
  show: ({ texts, visitor }, form) => {
    const words = texts.account.privacy
    const shared = { texts, form }
    const isUnconfirmed = issueTexts(texts, form, 'understood').length > 0
    return {
      ...accountArea(texts),
      title: words.confirmTitle,
      lead: words.confirmLead,
      main: (
        <section class="panel">
          <Form {...shared}>
            <AccountName address={visitor.user.email} />
            <Field
              {...shared}
              name="password"
              label={texts.account.currentPassword}
              type="password"
              autocomplete="current-password"
            />
            {visitor.principal.isTwoFactorEnabled && (
              <Field
                {...shared}
                name="code"
                label={texts.account.code}
                inputmode="numeric"
                autocomplete="one-time-code"
                maxlength={20}
              />
            )}
            <div class={isUnconfirmed ? 'field is-wrong' : 'field'}>
              <Checkbox form={form} name="understood" label={words.understood} />
              {isUnconfirmed && (
                <ul class="errors">
                  <li>{words.mustAgree}</li>
                </ul>
              )}
            </div>
            <p class="actions">
              <Submit look="danger">{words.confirm}</Submit>
              <a class="button quiet" href={HOME}>
                {words.keep}
              </a>
            </p>
          </Form>
        </section>
      ),
    }
  },
  submit: async ({ deps, visitor }, { password, code }) => {
    await eraseOwnAccount(deps, visitor.principal, { password, code })
    return redirect('/sign-in', {
      flash: 'account_deleted',
      cookies: [{ name: 'session', value: null }],
    })
  },
})

export const privacyPages = [privacy, download, erase]
