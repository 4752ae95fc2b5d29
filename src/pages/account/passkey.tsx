/** One of the user's passkeys: its name, and its removal. */
import * as z from 'zod'
import { DomainError } from '../../errors'
import { MAX_NAME_CHARS, passkeyNameField } from '../../passkeys/fields'
import { describePasskeys } from '../../passkeys/list'
import { removePasskey } from '../../passkeys/remove'
import { renamePasskey } from '../../passkeys/rename'
import { isSessionLive } from '../../sessions/require-session'
import { hasPassword } from '../../users/account'
import { FactList } from '../components/fact-list'
import { Field } from '../components/fields'
import { Form, Hidden } from '../components/form'
import { Panel } from '../components/layout'
import { PASSKEY_SCRIPT } from '../components/passkey-button'
import { StepUpFields } from '../components/step-up'
import { When } from '../components/time'
import { askedField } from '../runtime/address'
import { formPage } from '../runtime/form-page'
import { endVisit, page, redirect, type SignedInRequest, type View } from '../runtime/page'
import { proofFields, stepUpBy } from '../runtime/proof-fields'
import { accountArea } from './account-area'
import { PASSKEYS } from './passkeys'

const RENAME = `${PASSKEYS}/rename`
const REMOVE = `${PASSKEYS}/remove`
const idField = z.string().min(1).max(100)

async function showPasskey(request: SignedInRequest, id: string): Promise<View> {
  const { texts, deps, visitor } = request
  const { passkeys: words } = texts
  const held = await describePasskeys(deps, visitor.principal)
  const passkey = held.find((each) => each.id === id)
  if (!passkey) throw new DomainError('not_found')
  const used = passkey.last_used_at
  const isLastWayIn = held.length === 1 && !(await hasPassword(deps, visitor.principal.subject))
  return {
    ...accountArea(texts),
    title: passkey.name,
    scripts: [PASSKEY_SCRIPT],
    main: (
      <>
        <Panel>
          <FactList
            facts={[
              [words.device, passkey.device_name],
              [words.kind, passkey.synced ? words.syncedLead : words.deviceBoundLead],
              [words.created, <When at={passkey.created_at} />],
              [words.lastUsed, used === null ? words.never : <When at={used} />],
            ]}
          />
        </Panel>
        <Panel>
          <Form action={RENAME} values={{ name: passkey.name }} submit={texts.layout.save}>
            <Hidden name="id" value={id} />
            <Field
              name="name"
              label={words.name}
              hint={words.nameHint}
              maxlength={MAX_NAME_CHARS}
            />
          </Form>
        </Panel>
        <Panel title={words.removeTitle} lead={words.removeLead}>
          {isLastWayIn && (
            <p class="notice">
              <span>
                {words.removeLast} <a href="/account/password">{texts.account.nav.password}</a>
              </span>
            </p>
          )}
          <Form
            action={REMOVE}
            submit={words.remove}
            look="danger"
            cancel={{ href: PASSKEYS, label: words.back }}
          >
            <Hidden name="id" value={id} />
            <StepUpFields />
          </Form>
        </Panel>
      </>
    ),
  }
}

const edit = page({
  path: `${PASSKEYS}/edit`,
  access: 'session',
  query: () => z.object({ id: askedField }),
  show: (request) => showPasskey(request, request.query.id ?? ''),
})

const shownAgain = {
  access: 'session',
  home: PASSKEYS,
  show: (request: SignedInRequest) => showPasskey(request, request.form.values['id'] ?? ''),
} as const

const rename = formPage({
  ...shownAgain,
  path: RENAME,
  fields: () => z.strictObject({ id: idField, name: passkeyNameField }),
  submit: async ({ deps, visitor }, { id, name }) => {
    await renamePasskey(deps, visitor.principal, id, name)
    return redirect(PASSKEYS, { flash: 'passkey_renamed' })
  },
})

const remove = formPage({
  ...shownAgain,
  path: REMOVE,
  fields: () => z.strictObject({ id: idField, ...proofFields }),
  submit: async (request, { id, ...posted }) => {
    const { deps, visitor } = request
    await removePasskey(deps, visitor.principal, id, stepUpBy(request, posted))
    // The passkey may have opened this session.
    const isLive = await isSessionLive(deps, visitor.principal.sid)
    return isLive ? redirect(PASSKEYS, { flash: 'passkey_removed' }) : endVisit('passkey_removed')
  },
})

export const passkeyEditPages = [edit, rename, remove]
