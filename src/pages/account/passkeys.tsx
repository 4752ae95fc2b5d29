/** The user's passkeys: the list, and adding one. */
import type { FC } from 'hono/jsx'
import * as z from 'zod'
import { addPasskey } from '../../passkeys/add'
import { accountSignals } from '../../passkeys/browser-signals'
import { registrationCredential } from '../../passkeys/credential-field'
import { describePasskeys } from '../../passkeys/list'
import { MAX_PASSKEYS } from '../../passkeys/new-passkey'
import { reauthenticate } from '../../step-up/reauthenticate'
import { Alert, Form, FormAlert } from '../components/form'
import { Icon } from '../components/icons'
import { Panel } from '../components/layout'
import { PASSKEY_SCRIPT, PasskeyButton, PasskeySignal } from '../components/passkey-button'
import { StepUpFields } from '../components/step-up'
import { When } from '../components/time'
import { formPage } from '../runtime/form-page'
import { page, redirect, type SignedInRequest, type View } from '../runtime/page'
import { usePage } from '../runtime/page-context'
import { passkeyFields } from '../runtime/passkey-fields'
import { confirmIdentity, proofFields } from '../runtime/proof-fields'
import { accountArea } from './account-area'
import { CodesShown } from './second-factor-steps'

export const PASSKEYS = '/account/passkeys'
const ADD = `${PASSKEYS}/add`
const CONFIRM = `${PASSKEYS}/confirm`
/** A passkey is a second factor, so it is a way to fulfil the demand for one. */
const access = { requiredActions: ['two_factor_required'] } as const

async function showPasskeys(request: SignedInRequest): Promise<View> {
  const { texts, deps, visitor, form } = request
  const { passkeys: words } = texts
  const { principal, user } = visitor
  const held = await describePasskeys(deps, principal)
  const isForced = principal.requiredAction === 'two_factor_required'
  return {
    ...accountArea(texts),
    title: words.title,
    lead: words.lead,
    scripts: [PASSKEY_SCRIPT],
    main: (
      <>
        {isForced && <Alert text={texts.account.twoFactor.required} />}
        {form.postedTo !== CONFIRM && <FormAlert />}
        <PasskeySignal
          signals={accountSignals(
            deps.config,
            { ...user, subject: principal.subject },
            held.map((each) => each.credential_id),
          )}
        />
        <section class="panel">
          {held.length === 0 && <p class="empty">{words.none}</p>}
          <ul class="rows">
            {held.map((each) => (
              <PasskeyItem passkey={each} isManaged={!isForced} />
            ))}
          </ul>
        </section>
        <Add isFull={held.length >= MAX_PASSKEYS} isConfirmed={visitor.isProved} />
      </>
    ),
  }
}

type DescribedPasskey = Awaited<ReturnType<typeof describePasskeys>>[number]

const PasskeyItem: FC<{ passkey: DescribedPasskey; isManaged: boolean }> = ({
  passkey,
  isManaged,
}) => {
  const { passkeys: words } = usePage().texts
  const { id, name, credential_id: credentialId, created_at: created, last_used_at: used } = passkey
  return (
    <li>
      <div class="grow with-icon">
        <Icon name="key" size={26} />
        <div>
          <p>
            <strong>{name}</strong>{' '}
            <span class="badge">{passkey.synced ? words.synced : words.deviceBound}</span>{' '}
            <span class="badge good" hidden data-passkey-id={credentialId}>
              {words.thisDevice}
            </span>
          </p>
          {passkey.device_name !== null && passkey.device_name !== name && (
            <p class="meta">{passkey.device_name}</p>
          )}
          <p class="meta">
            {used === null ? (
              words.never
            ) : (
              <>
                {words.lastUsed} <When at={used} />
              </>
            )}{' '}
            · {words.created} <When at={created} />
          </p>
        </div>
      </div>
      {isManaged && (
        <a
          class="button quiet small"
          href={`${PASSKEYS}/edit?id=${id}`}
          aria-label={words.manageOne(name)}
        >
          {words.manage}
        </a>
      )}
    </li>
  )
}

/** The button, once the user has confirmed who they are: the browser's part comes last. */
const Add: FC<{ isFull: boolean; isConfirmed: boolean }> = ({ isFull, isConfirmed }) => {
  const { texts } = usePage()
  const { passkeys: words } = texts
  if (isFull) return <p class="notice">{words.full(MAX_PASSKEYS)}</p>
  return (
    <Panel title={words.addTitle} {...(isConfirmed && { lead: words.addLead })}>
      {isConfirmed ? (
        <>
          <form method="post" action={ADD} class="form">
            <PasskeyButton purpose="create" label={words.add} look="primary" />
          </form>
          <p class="meta without-passkeys">{words.noScript}</p>
        </>
      ) : (
        <Form action={CONFIRM} submit={texts.signedOut.secondFactor.submit}>
          <StepUpFields />
        </Form>
      )}
    </Panel>
  )
}

const list = page({ path: PASSKEYS, access, show: showPasskeys })

const confirm = formPage({
  path: CONFIRM,
  access,
  fields: () => z.strictObject(proofFields),
  home: PASSKEYS,
  show: showPasskeys,
  submit: async (request, posted) => {
    await confirmIdentity(request, posted)
    return redirect(PASSKEYS)
  },
})

const add = formPage({
  path: ADD,
  access,
  fields: () => z.strictObject(passkeyFields(registrationCredential())),
  home: PASSKEYS,
  show: showPasskeys,
  submit: async (request, posted) => {
    const { deps, texts, visitor } = request
    const { principal } = visitor
    const { passkey_challenge: challengeToken, passkey_credential: credential } = posted
    const { recovery_codes: codes } = await addPasskey(
      deps,
      principal,
      { challengeToken, credential },
      () => reauthenticate(deps, principal),
    )
    if (codes === null) return redirect(PASSKEYS, { flash: 'passkey_added' })
    return {
      ...accountArea(texts),
      title: texts.account.twoFactor.codesTitle,
      lead: texts.passkeys.codesLead,
      styles: ['two-factor'],
      scripts: ['/assets/codes.js'],
      main: <CodesShown codes={codes} home={PASSKEYS} />,
    }
  },
})

export const passkeyPages = [list, confirm, add]
