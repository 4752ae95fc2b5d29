/** The user's data as a download, and the deletion of the account. */
import * as z from 'zod'
import { eraseOwnAccount } from '../../privacy/erase-account'
import { exportAccount } from '../../privacy/export-account'
import { Checkbox } from '../components/choices'
import { Form } from '../components/form'
import { Panel } from '../components/layout'
import { StepUpFields } from '../components/step-up'
import { download } from '../runtime/download'
import { formPage } from '../runtime/form-page'
import { action, endVisit, page } from '../runtime/page'
import { proofFields, proofOf } from '../runtime/proof-fields'
import { accountArea } from './account-area'

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

const downloadData = action({
  path: `${HOME}/export`,
  access: 'session',
  home: HOME,
  act: async ({ deps, visitor }) =>
    download(
      await exportAccount(deps, visitor.principal),
      'account.json',
      'application/json; charset=utf-8',
    ),
})

const erase = formPage({
  path: `${HOME}/delete`,
  access: 'session',
  fields: () =>
    z.strictObject({
      ...proofFields,
      understood: z.literal('true'),
    }),
  show: ({ texts }) => {
    const words = texts.account.privacy
    return {
      ...accountArea(texts),
      title: words.confirmTitle,
      lead: words.confirmLead,
      main: (
        <section class="panel">
          <Form submit={words.confirm} look="danger" cancel={{ href: HOME, label: words.keep }}>
            <StepUpFields />
            <Checkbox name="understood" label={words.understood} mustBeTicked={words.mustAgree} />
          </Form>
        </section>
      ),
    }
  },
  submit: async ({ deps, visitor }, posted) => {
    await eraseOwnAccount(deps, visitor.principal, proofOf(posted))
    return endVisit('account_deleted')
  },
})

export const privacyPages = [privacy, downloadData, erase]
